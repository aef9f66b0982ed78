import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

const STROKES = {
  back: 'M10 3 5 8l5 5',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Zm0 2.8V8l2.2 1.6',
  plus: 'M8 3v10M3 8h10',
  question:
    'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2ZM6.3 6.4a1.75 1.75 0 1 1 2.6 1.5c-.6.34-.9.7-.9 1.3M8 11.3h.01',
  tick: 'm3.5 8.6 2.8 2.9 6-6.8',
  ticks: 'm.8 8.6 2.8 2.9 6-6.8M8.2 10.8l.8.7 6-6.8',
  warning: 'M8 2.2 14.2 13H1.8ZM8 6.4v3M8 11.3h.01',
} as const;

export type IconName = keyof typeof STROKES;

@Component({
  selector: 'app-icon',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path [attr.d]="stroke()" />
    </svg>
  `,
  host: { class: 'icon' },
})
export class Icon {
  readonly name = input.required<IconName>();
  protected readonly stroke = computed(() => STROKES[this.name()]);
}
