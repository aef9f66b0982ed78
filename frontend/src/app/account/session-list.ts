import {
  ChangeDetectionStrategy,
  computed,
  Component,
  ElementRef,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { Session } from '../api/models';
import { UnsentCounts, UserStorage } from '../session/user-storage';
import { accountTexts } from '../i18n/account-texts';
import { relativeTime } from '../i18n/relative-time';
import { fullTime, shortDateAndTime } from '../i18n/formats';
import { splitAtPlaceholder } from '../i18n/plural';
import { signOutTexts } from '../i18n/sign-out-texts';
import { Busy } from '../ui/busy';
import { Notice } from '../ui/notice';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { AccountStore } from './account-store';
import { stillLoading } from './still-loading';

/** A way to sign out of this browser. */
type SignOut = () => Promise<unknown>;

@Component({
  selector: 'app-session-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, Notice, ConfirmDialog],
  templateUrl: './session-list.html',
  host: { class: 'panel', role: 'region', 'aria-labelledby': 'sessions' },
})
export class SessionList {
  protected readonly store = inject(AccountStore);
  readonly #userStorage = inject(UserStorage);

  /** This device first. */
  protected readonly sessions = computed(() =>
    this.store.sessions()?.toSorted((a, b) => Number(b.current) - Number(a.current)),
  );
  protected readonly heading = viewChild.required<ElementRef<HTMLElement>>('heading');
  protected readonly isLoading = stillLoading(this.store.sessions, this.store.problem);
  protected readonly busy = signal(false);
  protected readonly done = signal('');
  protected readonly texts = accountTexts.sessions;
  protected readonly lastUsed = splitAtPlaceholder(accountTexts.sessions.lastUsed);
  protected readonly signedIn = splitAtPlaceholder(accountTexts.sessions.signedIn);
  protected readonly signOutTexts = signOutTexts;
  /** What signing out here would delete, while the user is asked, and how to sign out. */
  protected readonly question = signal<{ unsent: UnsentCounts; signOut: SignOut } | undefined>(
    undefined,
  );

  protected async end(session: Session): Promise<void> {
    if (session.current) {
      await this.#signOutHere(() => this.store.end(session));
      return;
    }
    await this.#once(async () => {
      if (!(await this.store.end(session))) return;
      this.done.set(this.texts.ended(session.device));
      // The focused button is gone.
      this.heading().nativeElement.focus();
    });
  }

  protected async endAll(): Promise<void> {
    await this.#signOutHere(() => this.store.endAll());
  }

  protected async decide(isConfirmed: boolean, signOut: SignOut): Promise<void> {
    this.question.set(undefined);
    if (isConfirmed) await this.#once(signOut);
  }

  async #signOutHere(signOut: SignOut): Promise<void> {
    const unsent = this.#userStorage.unsentCounts();
    if (unsent) this.question.set({ unsent, signOut });
    else await this.#once(signOut);
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

  async #once(work: () => Promise<unknown>): Promise<void> {
    if (this.busy()) return;
    this.busy.set(true);
    this.done.set('');
    await work();
    this.busy.set(false);
  }
}
