import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import { Icon, IconName } from '../../ui/icon';

/** The parts of a mark that move apart from each other, on a grid of 24. */
const PARTS = {
  clock: ['M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Zm0 8h3', 'M12 7.4V12'],
  tick: ['m5.5 12.8 4.2 4.2 8.8-10', ''],
  ticks: ['m2.5 12 4 4 8-9.2', 'M12.3 14.8l1.2 1.2 8-9.2'],
} as const;

/** The icon of a status, with the motion of what is going on. */
@Component({
  selector: 'app-status-mark',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    @if (parts(); as parts) {
      <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path class="status-mark__first" [attr.d]="parts[0]" />
        <path class="status-mark__second" [attr.d]="parts[1]" />
      </svg>
    } @else {
      <app-icon [name]="icon()" />
    }
  `,
  host: {
    '[class]': "'icon icon--small status-mark status-mark--' + icon()",
    '[class.status-mark--turning]': 'isTurning()',
  },
})
export class StatusMark {
  readonly icon = input.required<IconName>();
  /** It is being sent right now. */
  readonly isTurning = input(false);

  protected readonly parts = computed(() => {
    const icon = this.icon();
    return icon === 'clock' || icon === 'tick' || icon === 'ticks' ? PARTS[icon] : undefined;
  });
}
