import { HttpClient } from '@angular/common/http';
import { DestroyRef, Injectable, effect, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { API_BASE_URL } from '../../api/base-url';
import { describeProblem } from '../../api/describe-problem';
import { PushKey, NewPushSubscription } from '../../api/models';
import { toProblem } from '../../api/problem';
import { REQUEST_TIMEOUT_MS } from '../../api/request-timeout';
import { notificationTexts } from '../../i18n/notification-texts';
import { activeRegistration } from './notification-display';
import { NotificationSettings } from './notification-settings';

const texts = notificationTexts.settings.push;

/**
 * Subscribes the browser to web push while that is chosen, anew at each visit: the API forgets a subscription that the
 * browser's push service does not know any more, and one whose session has ended.
 */
@Injectable()
export class PushSubscriber {
  readonly #http = inject(HttpClient);
  readonly #api = `${inject(API_BASE_URL)}/api/push`;
  readonly #settings = inject(NotificationSettings);
  readonly #problem = signal('');
  /** One change after the other. */
  #changing = Promise.resolve();

  /** Why the browser is not subscribed, although that is chosen. */
  readonly problem = this.#problem.asReadonly();

  constructor() {
    effect(() => {
      const showsText = this.#settings.showsText();
      const isWanted = this.#settings.isOn() && this.#settings.isPushed();
      this.#enqueue(() => (isWanted ? this.#subscribe(showsText) : this.#unsubscribe()));
    });
    // The session has ended, and with it what the API knows.
    inject(DestroyRef).onDestroy(() => {
      this.#enqueue(endSubscription);
    });
  }

  #enqueue(work: () => Promise<void>): void {
    this.#changing = this.#changing.then(work).then(
      () => {
        this.#problem.set('');
      },
      (error: unknown) => {
        this.#problem.set(describe(error));
      },
    );
  }

  async #subscribe(showsText: boolean): Promise<void> {
    const manager = await pushManager();
    if (!manager) throw new DOMException('There is no service worker', 'NotSupportedError');
    const { public_key } = await firstValueFrom(
      this.#http.get<PushKey>(`${this.#api}/key`, { timeout: REQUEST_TIMEOUT_MS }),
    );
    let subscription = await manager.getSubscription();
    if (subscription && keyOf(subscription) !== public_key) {
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await manager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: public_key,
    });
    const { endpoint = '', keys = {} } = subscription.toJSON();
    const { p256dh = '', auth = '' } = keys;
    const body: NewPushSubscription = {
      subscription: { endpoint, keys: { p256dh, auth }, shows_text: showsText },
    };
    await firstValueFrom(
      this.#http.put(`${this.#api}/subscription`, body, { timeout: REQUEST_TIMEOUT_MS }),
    );
  }

  async #unsubscribe(): Promise<void> {
    if (!(await (await pushManager())?.getSubscription())) return;
    await endSubscription();
    await firstValueFrom(
      this.#http.delete(`${this.#api}/subscription`, { timeout: REQUEST_TIMEOUT_MS }),
    );
  }
}

async function endSubscription(): Promise<void> {
  await (await (await pushManager())?.getSubscription())?.unsubscribe();
}

async function pushManager(): Promise<PushManager | undefined> {
  return (await activeRegistration())?.pushManager;
}

/** In base64url, as the API tells it. */
function keyOf({ options }: PushSubscription): string {
  const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

function describe(error: unknown): string {
  return error instanceof DOMException ? texts.impossible : describeProblem(toProblem(error));
}
