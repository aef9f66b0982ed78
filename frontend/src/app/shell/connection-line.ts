import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { SessionStore } from '../session/session-store';
import { timeWithSeconds } from '../texts/formats';
import { frameTexts } from '../texts/frame-texts';
import { LivenessStore } from '../ui/liveness';

/** Whether what is on the screen is current. It stays in the bar's height, so that trouble moves nothing. */
@Component({
  selector: 'app-connection-line',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (trouble() || liveness().state !== 'resting') {
      <span class="live__dot"></span>
    }
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
  host: { class: 'live', '[class.live--trouble]': 'trouble()' },
})
export class ConnectionLine {
  readonly #store = inject(LivenessStore);
  protected readonly session = inject(SessionStore);

  protected readonly texts = frameTexts;
  protected readonly liveness = this.#store.liveness;

  protected readonly trouble = computed(() => {
    const since = this.liveness().asOf;
    const asOf = since ? frameTexts.live.asOf(timeWithSeconds(since)) : '';
    if (!this.#store.online()) return `${frameTexts.live.offline} ${asOf}`;
    if (this.session.status() === 'unavailable') {
      const { unavailable, retrying } = frameTexts.session;
      return `${unavailable} ${this.session.reason()} ${retrying}`;
    }
    return this.liveness().state === 'offline' ? `${frameTexts.live.unreachable} ${asOf}` : '';
  });
  /** Spoken when it changes; the time beside it changes with each poll and stays silent. */
  protected readonly said = computed(() => {
    if (this.trouble()) return this.trouble();
    switch (this.liveness().state) {
      case 'connecting':
        return frameTexts.live.connecting;
      case 'up-to-date':
        return frameTexts.live.upToDate;
      default:
        return '';
    }
  });
  protected readonly time = computed(() => {
    const { state, asOf } = this.liveness();
    return !this.trouble() && state === 'up-to-date' && asOf ? timeWithSeconds(asOf) : '';
  });
}
