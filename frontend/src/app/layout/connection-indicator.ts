import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { explain } from '../api/describe-problem';
import { SessionStore } from '../session/session-store';
import { timeWithSeconds } from '../i18n/formats';
import { frameTexts } from '../i18n/layout-texts';
import { LivenessStore } from '../ui/connection-status-store';

/** Whether what is on the screen is current. It stays in the bar's height, so that trouble moves nothing. */
@Component({
  selector: 'app-connection-line',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <span class="live__dot"></span>
    <span role="status">{{ said() }}</span>
    @if (time(); as time) {
      <span class="live__time" aria-hidden="true">&nbsp;· {{ time }}</span>
    }
    @if (trouble() && session.status() === 'unavailable') {
      <button type="button" class="button button--small" (click)="session.retry()">
        {{ texts.session.retryNow }}
      </button>
    }
  `,
  host: { class: 'live', translate: 'no', '[class.live--trouble]': 'trouble()' },
})
export class ConnectionLine {
  protected readonly session = inject(SessionStore);

  protected readonly texts = frameTexts;
  protected readonly liveness = inject(LivenessStore).liveness;

  protected readonly trouble = computed(() => {
    const { state, asOf: since, reason } = this.liveness();
    const { unavailable, retrying } = frameTexts.session;
    const asOf = since ? frameTexts.live.asOf(timeWithSeconds(since)) : '';
    if (state === 'offline') return `${frameTexts.live.offline} ${asOf}`;
    const problem = this.session.problem();
    if (problem) return `${unavailable} ${explain(problem)} ${retrying}`;
    if (state !== 'failing') return '';
    return `${reason ? `${reason} ${retrying}` : frameTexts.live.unreachable} ${asOf}`;
  });
  /** Spoken when it changes; the time beside it changes with each poll and stays silent. */
  protected readonly said = computed(() => {
    if (this.trouble()) return this.trouble();
    switch (this.liveness().state) {
      case 'connecting':
        return frameTexts.live.connecting;
      case 'reconnecting':
        return frameTexts.live.reconnecting;
      default:
        return frameTexts.live.upToDate;
    }
  });
  protected readonly time = computed(() => {
    const { asOf } = this.liveness();
    return !this.trouble() && asOf ? timeWithSeconds(asOf) : '';
  });
}
