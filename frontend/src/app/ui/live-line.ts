import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { timeWithSeconds } from '../texts/formats';
import { texts } from '../texts/texts';
import { LivenessStore } from './liveness';

@Component({
  selector: 'app-live-line',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (liveness().state !== 'resting') {
      <span class="live__dot"></span>
    }
    <span role="status">{{ said() }}</span>
    @if (time(); as time) {
      <span aria-hidden="true">&nbsp;· {{ time }}</span>
    }
  `,
  host: { class: 'live', '[class.live--offline]': "liveness().state === 'offline'" },
})
export class LiveLine {
  protected readonly liveness = inject(LivenessStore).liveness;

  /** Spoken when it changes; the time beside it changes with each poll and stays silent. */
  protected readonly said = computed(() => {
    const { state, asOf } = this.liveness();
    switch (state) {
      case 'resting':
        return '';
      case 'connecting':
        return texts.live.connecting;
      case 'up-to-date':
        return texts.live.upToDate;
      case 'offline':
        return asOf ? texts.live.offlineSince(timeWithSeconds(asOf)) : texts.live.offline;
    }
  });
  protected readonly time = computed(() => {
    const { state, asOf } = this.liveness();
    return state === 'up-to-date' && asOf ? timeWithSeconds(asOf) : '';
  });
}
