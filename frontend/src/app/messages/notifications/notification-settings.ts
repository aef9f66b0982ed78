import { DestroyRef, Injectable, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { filter } from 'rxjs';
import { SessionStore } from '../../session/session-store';
import { BrowserStorage } from '../../storage/browser-storage';

/** What the user has chosen in this browser. */
interface Choice {
  /** Who has chosen it: nobody else gets notifications by it. */
  readonly userId: string;
  readonly isOn: boolean;
  readonly showsText: boolean;
  readonly hasSound: boolean;
  /** Also while no tab is open. */
  readonly isPushed: boolean;
}

export type Permission = NotificationPermission | 'unsupported';

const KEY = 'mysms.notifications';

/** Whether and how this browser tells the user of what comes in: not before the user asks for it. */
@Injectable()
export class NotificationSettings {
  readonly #browser = inject(BrowserStorage);
  readonly #userId = inject(SessionStore).user()?.id ?? '';
  readonly #permission = signal(currentPermission());
  readonly #choice = signal(this.#read());

  /** What the browser allows. */
  readonly permission = this.#permission.asReadonly();
  readonly isOn = computed(() => this.#permission() === 'granted' && this.#choice().isOn);
  /** Otherwise a notification only says from whom there is something. */
  readonly showsText = computed(() => this.#choice().showsText);
  readonly hasSound = computed(() => this.#choice().hasSound);
  readonly isPushed = computed(() => this.#choice().isPushed);

  constructor() {
    this.#browser.changes
      .pipe(
        filter(({ key }) => key === KEY || key === null),
        takeUntilDestroyed(),
      )
      .subscribe(() => {
        this.#choice.set(this.#read());
      });
    void this.#followPermission();
  }

  /** Asks for the permission if the browser does not know it yet. To be called on a click only. */
  async turnOn(): Promise<void> {
    if (this.#permission() === 'default') await Notification.requestPermission();
    this.#permission.set(currentPermission());
    if (this.#permission() === 'granted') this.choose({ isOn: true });
  }

  choose(choice: Partial<Omit<Choice, 'userId'>>): void {
    const chosen = { ...this.#choice(), ...choice };
    this.#choice.set(chosen);
    this.#browser.set(KEY, JSON.stringify(chosen));
  }

  #read(): Choice {
    const none = {
      userId: this.#userId,
      isOn: false,
      showsText: false,
      hasSound: true,
      isPushed: false,
    };
    try {
      const stored = JSON.parse(this.#browser.get(KEY) ?? 'null') as Partial<Choice> | null;
      return stored?.userId === this.#userId ? { ...none, ...stored } : none;
    } catch {
      // Not written by this application.
      return none;
    }
  }

  /** It can be given and taken away in the browser's own settings at any time. */
  async #followPermission(): Promise<void> {
    const left = new AbortController();
    inject(DestroyRef).onDestroy(() => {
      left.abort();
    });
    if (this.#permission() === 'unsupported') return;
    const change = (): void => {
      this.#permission.set(currentPermission());
    };
    try {
      const status = await navigator.permissions.query({ name: 'notifications' });
      status.addEventListener('change', change, { signal: left.signal });
    } catch {
      // Then the next page load notices it.
    }
  }
}

/** Tabs take turns by Web Locks: where there are notifications, there are these. */
function currentPermission(): Permission {
  const isSupported = 'Notification' in window && 'locks' in navigator;
  return isSupported ? Notification.permission : 'unsupported';
}
