import {
  ChangeDetectionStrategy,
  computed,
  Component,
  ElementRef,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { Session } from '../../api/models';
import { ConfirmSignOut } from '../../session/confirm-sign-out';
import { SessionStore } from '../../session/session-store';
import { SignOutQuestion } from '../../session/sign-out-question';
import { whenSignedIn } from '../../session/when-signed-in';
import { accountTexts } from '../../i18n/account-texts';
import { relativeTime } from '../../i18n/relative-time';
import { fullTime, shortDateAndTime } from '../../i18n/formats';
import { splitAtPlaceholder } from '../../i18n/plural';
import { Busy } from '../../ui/busy';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { AccountStore } from '../account-store';
import { stillLoading } from '../still-loading';

/** Of what the API calls a device, such as "Safari on iPhone". */
const PHONES = /\b(iPhone|Android|iPad)\b/;

@Component({
  selector: 'app-session-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, ConfirmSignOut, Icon, Notice],
  templateUrl: './session-list.html',
  host: { class: 'settings-group', role: 'region', 'aria-labelledby': 'sessions' },
})
export class SessionList {
  protected readonly store = inject(AccountStore);

  /** This device first. */
  protected readonly sessions = computed(() =>
    this.store.sessions()?.toSorted((a, b) => Number(b.current) - Number(a.current)),
  );
  protected readonly heading = viewChild.required<ElementRef<HTMLElement>>('heading');
  protected readonly session = inject(SessionStore);
  protected readonly loading = stillLoading(this.store.sessions, this.store.problem);
  protected readonly busy = signal(false);
  protected readonly done = signal('');
  protected readonly texts = accountTexts.sessions;
  protected readonly lastUsed = splitAtPlaceholder(accountTexts.sessions.lastUsed);
  protected readonly signedIn = splitAtPlaceholder(accountTexts.sessions.signedIn);
  protected readonly question = new SignOutQuestion();

  constructor() {
    whenSignedIn(() => this.store.load());
  }

  protected async end(session: Session): Promise<void> {
    if (session.current) {
      this.#signOutHere(() => this.store.end(session));
      return;
    }
    await this.#once(async () => {
      if (!(await this.store.end(session))) return;
      this.done.set(this.texts.ended(session.device));
      // The focused button is gone.
      this.heading().nativeElement.focus();
    });
  }

  protected endAll(): void {
    this.#signOutHere(() => this.store.endAll());
  }

  protected isPhone({ device }: Session): boolean {
    return PHONES.test(device);
  }

  protected since(time: string): string {
    return relativeTime(new Date(time));
  }

  protected dateAndTime(time: string): string {
    return shortDateAndTime(new Date(time));
  }

  protected timestamp(time: string): string {
    return fullTime(new Date(time));
  }

  #signOutHere(signOut: () => Promise<unknown>): void {
    this.question.ask(() => void this.#once(signOut));
  }

  async #once(work: () => Promise<unknown>): Promise<void> {
    if (this.busy()) return;
    this.busy.set(true);
    this.done.set('');
    await work();
    this.busy.set(false);
  }
}
