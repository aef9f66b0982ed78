import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

/** On a grid of 24. A dot is a line of no length. */
const STROKES = {
  back: 'M14.5 5.5 8 12l6.5 6.5',
  bell: 'M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 2H5ZM10.5 21h3',
  clock: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Zm0 3.6V12l2.9 1.9',
  close: 'm6.5 6.5 11 11M17.5 6.5l-11 11',
  copy: 'M11.5 9H17a2.5 2.5 0 0 1 2.5 2.5V17a2.5 2.5 0 0 1-2.5 2.5h-5.5A2.5 2.5 0 0 1 9 17v-5.5A2.5 2.5 0 0 1 11.5 9ZM15 6.5a2 2 0 0 0-2-2H6.5a2 2 0 0 0-2 2V13a2 2 0 0 0 2 2',
  delete: 'M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.3 10.5v5.5M13.7 10.5v5.5',
  disconnected: 'M5 19v-3M9.7 19v-5.5M19 19V6M14.3 19v-1M4 4l16 16',
  download: 'M12 4.5v10M7.5 10.5l4.5 4.5 4.5-4.5M5 19.5h14',
  down: 'M12 5.5V19M6 12.8l6 6 6-6',
  edit: 'm5 19 .9-3.9L16.5 4.5a1.98 1.98 0 0 1 3 3L8.9 18.1Z',
  forward: 'M4.5 18.5v-2.7a4.5 4.5 0 0 1 4.5-4.5h10M14.5 6.8l4.5 4.5-4.5 4.5',
  hide: 'M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6ZM12 9.3a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4ZM4.5 4l15 16',
  in: 'M17 7 7 17M15 17H7V9',
  info: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Zm0 7v5M12 8.2v0',
  key: 'M8 11.7a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6Zm2.8 1 8-8M16 7.5l2.5 2.5',
  laptop: 'M7 5h10a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2ZM3 18.5h18',
  log: 'M8.5 6.5h11M8.5 12h11M8.5 17.5h11M4.6 6.5v0M4.6 12v0M4.6 17.5v0',
  messages:
    'M20 11.5c0 4.1-3.6 7-8 7-1 0-2-.15-2.9-.45L4.5 19.5l1.2-3.6A6.7 6.7 0 0 1 4 11.5c0-4.1 3.6-7 8-7s8 2.9 8 7Z',
  more: 'M5 12a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M11.5 12a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M18 12a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0',
  next: 'M9.5 5.5 16 12l-6.5 6.5',
  out: 'M7 17 17 7M9 7h8v8',
  panel: 'M6.5 5h11a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-11a3 3 0 0 1-3-3V8a3 3 0 0 1 3-3ZM14.5 5v14',
  person:
    'M12 5a3.7 3.7 0 1 1 0 7.4A3.7 3.7 0 0 1 12 5ZM4.8 19.5c.9-3.5 3.8-5.3 7.2-5.3s6.3 1.8 7.2 5.3',
  phone:
    'M9.6 2.8h4.8A2.6 2.6 0 0 1 17 5.4v13.2a2.6 2.6 0 0 1-2.6 2.6H9.6A2.6 2.6 0 0 1 7 18.6V5.4a2.6 2.6 0 0 1 2.6-2.6ZM11 18.4h2',
  plus: 'M12 5.5v13M5.5 12h13',
  question:
    'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16ZM9.7 10a2.3 2.3 0 1 1 3.4 2c-.7.4-1.1.8-1.1 1.6M12 16.2v0',
  retry: 'M19 12a7 7 0 1 1-2.1-5M19 4.5V8h-3.5',
  search: 'M10.8 4.8a6 6 0 1 1 0 12 6 6 0 0 1 0-12Zm4.6 10.6 4.4 4.4',
  send: 'M12 19V5.5M6 11.2l6-6 6 6',
  settings:
    'M4 7h8.7M17.3 7H20M4 17h2.7M11.3 17H20M15 4.7a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6ZM9 14.7a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6Z',
  shield: 'M12 3.5 5 6v5.5c0 4.3 2.9 7.4 7 9 4.1-1.6 7-4.7 7-9V6ZM9 11.9l2.2 2.2 4-4.5',
  show: 'M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6ZM12 9.3a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4Z',
  tick: 'm5.5 12.8 4.2 4.2 8.8-10',
  ticks: 'm2.5 12 4 4 8-9.2M12.3 14.8l1.2 1.2 8-9.2',
  warning: 'M12 4.2 20.8 19H3.2ZM12 10v4M12 16.4v0',
} as const;

export type IconName = keyof typeof STROKES;

@Component({
  selector: 'app-icon',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path [attr.d]="stroke()" />
    </svg>
  `,
  host: { class: 'icon' },
})
export class Icon {
  readonly name = input.required<IconName>();
  protected readonly stroke = computed(() => STROKES[this.name()]);
}
