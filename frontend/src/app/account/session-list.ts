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
import { Unsent, UserStorage } from '../session/user-storage';
import { accountTexts } from '../i18n/account-texts';
import { ago, dateOf } from '../i18n/relative-time';
import { fullTime } from '../i18n/formats';
import { leavingTexts } from '../i18n/sign-out-texts';
import { Busy } from '../ui/busy';
import { Notice } from '../ui/notice';
import { QuestionDialog } from '../ui/confirm-dialog';
import { AccountStore } from './account-store';

/** Signs out here. */
type Leave = () => Promise<unknown>;

@Component({
  selector: 'app-session-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, Notice, QuestionDialog],
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
                {{ texts.lastUsed }}
                <time
                  translate="no"
                  [attr.datetime]="session.last_used_at"
                  [title]="exactly(session.last_used_at)"
                  >{{ since(session.last_used_at) }}</time
                >
                · {{ texts.signedIn }}
                <time
                  translate="no"
                  [attr.datetime]="session.created_at"
                  [title]="exactly(session.created_at)"
                  >{{ date(session.created_at) }}</time
                >
              </p>
            </div>
            <button
              type="button"
              class="button button--small"
              [attr.aria-label]="
                session.current
                  ? texts.signOutHere
                  : texts.signOutOf(session.device, exactly(session.created_at))
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
    @if (leaving(); as leaving) {
      <app-question-dialog
        [title]="leavingTexts.title"
        [text]="leavingTexts.explanation(leaving.unsent)"
        [yes]="leavingTexts.leave"
        [no]="leavingTexts.stay"
        (answered)="decide($event, leaving.how)"
      />
    }
  `,
  host: { class: 'panel', role: 'region', 'aria-labelledby': 'sessions' },
})
export class SessionList {
  protected readonly store = inject(AccountStore);
  readonly #session = inject(SessionStore);
  readonly #kept = inject(UserStorage);

  protected readonly heading = viewChild.required<ElementRef<HTMLElement>>('heading');
  /** What is wrong with the session itself, the frame says. */
  protected readonly isLoading = computed(
    () => !this.store.problem() && this.#session.status() !== 'unavailable',
  );
  protected readonly busy = signal(false);
  protected readonly done = signal('');
  protected readonly texts = accountTexts.sessions;
  protected readonly leavingTexts = leavingTexts;
  /** What signing out here would delete, while that is being asked, and how it is done. */
  protected readonly leaving = signal<{ unsent: Unsent; how: Leave } | undefined>(undefined);

  protected async end(session: Session): Promise<void> {
    if (session.current) {
      await this.#leave(() => this.store.end(session));
      return;
    }
    await this.#once(async () => {
      if (!(await this.store.end(session))) return;
      this.done.set(this.texts.ended(session.device));
      // Its button, which had the focus, is gone.
      this.heading().nativeElement.focus();
    });
  }

  protected async endAll(): Promise<void> {
    await this.#leave(() => this.store.endAll());
  }

  protected async decide(leave: boolean, how: Leave): Promise<void> {
    this.leaving.set(undefined);
    if (leave) await this.#once(how);
  }

  async #leave(how: Leave): Promise<void> {
    const unsent = this.#kept.unsent();
    if (unsent) this.leaving.set({ unsent, how });
    else await this.#once(how);
  }

  protected since(time: string): string {
    return ago(new Date(time));
  }

  protected date(time: string): string {
    return dateOf(new Date(time));
  }

  protected exactly(time: string): string {
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
