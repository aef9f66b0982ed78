import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { describeProblem } from '../api/describe-problem';
import { SessionStore } from '../session/session-store';
import { timeWithSeconds } from '../i18n/formats';
import { layoutTexts } from '../i18n/layout-texts';
import { ConnectionStatusStore } from '../ui/connection-status-store';

/** Whether the page is up to date. Fits into the height of the bar, so that a problem moves nothing. */
@Component({
  selector: 'app-connection-indicator',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <span class="connection-indicator__dot"></span>
    <span role="status">{{ text() }}</span>
    @if (time(); as time) {
      <span class="connection-indicator__time" aria-hidden="true">&nbsp;· {{ time }}</span>
    }
    @if (problem() && session.status() === 'unavailable') {
      <button type="button" class="button button--small" (click)="session.retry()">
        {{ texts.session.retryNow }}
      </button>
    }
  `,
  host: {
    class: 'connection-indicator',
    translate: 'no',
    '[class.connection-indicator--problem]': 'problem()',
  },
})
export class ConnectionIndicator {
  protected readonly session = inject(SessionStore);

  protected readonly texts = layoutTexts;
  readonly #status = inject(ConnectionStatusStore).status;

  protected readonly problem = computed(() => {
    const { state, lastUpdated, reason } = this.#status();
    const { connection, session } = this.texts;
    const updated = lastUpdated ? connection.lastUpdated(timeWithSeconds(lastUpdated)) : '';
    if (state === 'offline') return `${connection.offline} ${updated}`;
    const problem = this.session.problem();
    if (problem) return `${session.unavailable} ${describeProblem(problem)} ${session.retrying}`;
    if (state !== 'failing') return '';
    return `${reason ? `${reason} ${session.retrying}` : connection.unreachable} ${updated}`;
  });
  /** Read out when it changes, unlike the time beside it, which changes with each poll. */
  protected readonly text = computed(() => {
    if (this.problem()) return this.problem();
    switch (this.#status().state) {
      case 'connecting':
        return this.texts.connection.connecting;
      case 'reconnecting':
        return this.texts.connection.reconnecting;
      default:
        return this.texts.connection.upToDate;
    }
  });
  protected readonly time = computed(() => {
    const { lastUpdated } = this.#status();
    return !this.problem() && lastUpdated ? timeWithSeconds(lastUpdated) : '';
  });
}
