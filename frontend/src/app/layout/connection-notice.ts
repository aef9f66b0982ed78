import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { describeProblem } from '../api/describe-problem';
import { Poll } from '../api/poll';
import { SessionStore } from '../session/session-store';
import { timeWithSeconds } from '../i18n/formats';
import { layoutTexts } from '../i18n/layout-texts';
import { plural } from '../i18n/plural';
import { ConnectionStatusStore } from '../ui/connection-status-store';
import { Icon } from '../ui/icon';

/** Seen only while the page cannot be kept up to date. Screen readers can always ask for the state. */
@Component({
  selector: 'app-connection-notice',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    @if (problem()) {
      <app-icon name="disconnected" />
    }
    <p role="status" [class.visually-hidden]="!problem()">
      @if (problem(); as problem) {
        <strong>{{ problem.title }}</strong> {{ problem.text }}
      } @else {
        {{ state() }}
      }
    </p>
    @if (problem() && (isUnavailable() || !isOffline())) {
      <button type="button" class="button button--small" (click)="retry()">
        {{ texts.session.retryNow }}
      </button>
    }
  `,
  host: { translate: 'no', '[class.connection-notice]': 'problem()' },
})
export class ConnectionNotice {
  /** How many messages are sent once the connection is back. */
  readonly waiting = input.required<number>();

  readonly #session = inject(SessionStore);
  readonly #poll = inject(Poll);
  protected readonly texts = layoutTexts;
  readonly #status = inject(ConnectionStatusStore).status;

  /** About the session, the API is asked whatever the browser thinks of the network. */
  protected readonly isUnavailable = computed(() => this.#session.status() === 'unavailable');
  protected readonly isOffline = computed(() => this.#status().state === 'offline');
  protected readonly problem = computed(() => {
    const { state, lastUpdated, reason } = this.#status();
    const { connection, session } = this.texts;
    const updated = lastUpdated ? connection.lastUpdated(timeWithSeconds(lastUpdated)) : '';
    const waiting = this.waiting() > 0 ? plural(this.waiting(), connection.waiting) : '';
    if (this.isOffline()) return shown(connection.offline, updated, waiting);
    const problem = this.#session.problem();
    if (problem) {
      return shown(
        describeProblem(problem),
        session.unavailable,
        session.retrying,
        updated,
        waiting,
      );
    }
    if (state !== 'failing') return undefined;
    return reason
      ? shown(reason, session.retrying, updated, waiting)
      : shown(connection.unreachable, session.retrying, updated, waiting);
  });
  protected readonly state = computed(() => {
    switch (this.#status().state) {
      case 'connecting':
        return this.texts.connection.connecting;
      case 'reconnecting':
        return this.texts.connection.reconnecting;
      default:
        return this.texts.connection.upToDate;
    }
  });

  protected retry(): void {
    if (this.isUnavailable()) this.#session.retry();
    else this.#poll.now();
  }
}

function shown(title: string, ...sentences: readonly string[]) {
  return { title, text: sentences.filter(Boolean).join(' ') };
}
