import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { Session } from '../api/models';
import { SessionStore } from '../session/session-store';
import { UnsentCounts, UserStorage } from '../session/user-storage';
import { accountTexts } from '../i18n/account-texts';
import { formatDate, relativeTime } from '../i18n/relative-time';
import { fullTime } from '../i18n/formats';
import { splitAtPlaceholder } from '../i18n/plural';
import { signOutTexts } from '../i18n/sign-out-texts';
import { Busy } from '../ui/busy';
import { Notice } from '../ui/notice';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { AccountStore } from './account-store';

/** A way to sign out of this browser. */
type SignOut = () => Promise<unknown>;

@Component({
  selector: 'app-session-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, Notice, ConfirmDialog],
  template: `
    <header>
      <h2 #heading id="sessions" tabindex="-1">{{ texts.title }}</h2>
      <p>{{ texts.intro }}</p>
    </header>
    @if (store.sessions(); as sessions) {
      <ul aria-labelledby="sessions">
        @for (session of sessions; track session._id) {
          <li class="session">
            <div>
              <p>
                {{ session.device }}
                @if (session.current) {
                  <span class="tag">{{ texts.current }}</span>
                }
              </p>
              <p>
                {{ lastUsed.before
                }}<time
                  translate="no"
                  [attr.datetime]="session.last_used_at"
                  [title]="timestamp(session.last_used_at)"
                  >{{ since(session.last_used_at) }}</time
                >{{ lastUsed.after }} · {{ signedIn.before
                }}<time
                  translate="no"
                  [attr.datetime]="session.created_at"
                  [title]="timestamp(session.created_at)"
                  >{{ date(session.created_at) }}</time
                >{{ signedIn.after }}
              </p>
            </div>
            <button
              type="button"
              class="button button--small"
              [attr.aria-label]="
                session.current
                  ? texts.signOutHere
                  : texts.signOutOf(session.device, timestamp(session.created_at))
              "
              [appBusy]="busy()"
              (click)="end(session)"
            >
              {{ texts.signOut }}
            </button>
          </li>
        }
      </ul>
    } @else if (isLoading()) {
      <p>{{ texts.loading }}</p>
    }
    @if (store.problem(); as problem) {
      <app-notice>
        {{ problem }}
        <button type="button" class="link" (click)="store.load()">{{ texts.tryAgain }}</button>
      </app-notice>
    }
    <div class="panel__foot">
      <button type="button" class="button" [appBusy]="busy()" (click)="endAll()">
        {{ texts.signOutEverywhere }}
      </button>
      <p role="status">{{ done() }}</p>
    </div>
    @if (question(); as question) {
      <app-confirm-dialog
        [title]="signOutTexts.title"
        [text]="signOutTexts.explanation(question.unsent)"
        [confirmLabel]="signOutTexts.confirm"
        [cancelLabel]="signOutTexts.cancel"
        (answered)="decide($event, question.signOut)"
      />
    }
  `,
  host: { class: 'panel', role: 'region', 'aria-labelledby': 'sessions' },
})
export class SessionList {
  protected readonly store = inject(AccountStore);
  readonly #session = inject(SessionStore);
  readonly #userStorage = inject(UserStorage);

  protected readonly heading = viewChild.required<ElementRef<HTMLElement>>('heading');
  /** The connection indicator says what is wrong with the session itself. */
  protected readonly isLoading = computed(
    () => !this.store.problem() && this.#session.status() !== 'unavailable',
  );
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

  protected date(time: string): string {
    return formatDate(new Date(time));
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
