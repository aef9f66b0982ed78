import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

const STROKES = {
  back: 'M10 3 5 8l5 5',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Zm0 2.8V8l2.2 1.6',
  close: 'm4 4 8 8m0-8-8 8',
  copy: 'M6 5.5h7v8H6ZM10 3H3v8',
  down: 'M8 3v10m-4-4 4 4 4-4',
  info: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Zm0 5.3v3.6M8 5h.01',
  plus: 'M8 3v10M3 8h10',
  question:
    'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2ZM6.3 6.4a1.75 1.75 0 1 1 2.6 1.5c-.6.34-.9.7-.9 1.3M8 11.3h.01',
  search: 'M7 2.6a4.4 4.4 0 1 1 0 8.8 4.4 4.4 0 0 1 0-8.8Zm3.4 7.8 3.2 3.2',
  send: 'M2.5 8 14 2.5 10.5 14 8 9.5Zm5.5 1.5L14 2.5',
  theme: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 0v12M10.5 2.6v10.8M12.8 4.4v7.2',
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
