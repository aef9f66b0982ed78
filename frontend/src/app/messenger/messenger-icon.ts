import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

/** Icons that only this feature needs, drawn as those of `Icon`: the first page does not load them. */
const STROKES = {
  archive: 'M4.5 5h15v4h-15ZM6 9v8a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2V9M10 12.8h4',
  unarchive:
    'M4.5 5h15v4h-15ZM6 9v8a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2V9M12 16.5v-4.7M9.8 13.7l2.2-2.2 2.2 2.2',
  mute: 'M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 2H5ZM10.5 21h3M4 3.5l16 17',
  ban: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Zm-5.5 2.5 11 11',
  compose:
    'M19.5 12.5V17a2.5 2.5 0 0 1-2.5 2.5H7A2.5 2.5 0 0 1 4.5 17V7A2.5 2.5 0 0 1 7 4.5h4.5M9.5 14.5l.6-2.9 8-8a1.63 1.63 0 0 1 2.3 2.3l-8 8Z',
  calendar:
    'M6 6h12a1.5 1.5 0 0 1 1.5 1.5V18a1.5 1.5 0 0 1-1.5 1.5H6A1.5 1.5 0 0 1 4.5 18V7.5A1.5 1.5 0 0 1 6 6ZM4.5 10.5h15M8.5 3.8V8M15.5 3.8V8',
  label: 'M4.5 5.5v5.7l8.3 8.3 6.7-6.7-8.3-8.3H5.5a1 1 0 0 0-1 1ZM8.7 8.7v0',
  unread: 'M19.7 10A8 8 0 1 1 14 4.3M18 3.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4Z',
  file: 'M7.5 4h6L18 8.5v10a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 18.5v-13A1.5 1.5 0 0 1 7.5 4ZM13.5 4v4.5H18',
  picture:
    'M7 4.5h10A2.5 2.5 0 0 1 19.5 7v10a2.5 2.5 0 0 1-2.5 2.5H7A2.5 2.5 0 0 1 4.5 17V7A2.5 2.5 0 0 1 7 4.5ZM4.5 16l4.3-4.3 7.5 7.6M13 15.8l2.4-2.4 4.1 4.1M15 8.8v0',
  people:
    'M9 5.5a3.2 3.2 0 1 1 0 6.4 3.2 3.2 0 0 1 0-6.4ZM3.5 18.5c.6-3 2.9-4.6 5.5-4.6s4.9 1.6 5.5 4.6M15.5 6a3 3 0 0 1 0 5.6M17 14.3c1.9.6 3.1 2 3.5 4.2',
  smile:
    'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16ZM8.7 13.8c.7 1.3 1.9 2 3.3 2s2.6-.7 3.3-2M9.2 9.9v0M14.8 9.9v0',
  slow: 'M4 15.5c0-4.2 3-7 6.5-7s6.5 2.8 6.5 7ZM17 13c1.7 0 3.2-.6 3.2-2.2 0-1-.8-1.8-1.7-1.8-1.5 0-2 1.5-2 3M6.5 15.5V18M14 15.5V18',
  upload: 'M12 15V4.5M7.5 9 12 4.5 16.5 9M5 19.5h14',
  sender: 'm9.5 4.5-2 15M16.5 4.5l-2 15M5 9.5h14.5M4.5 14.5H19',
} as const;

@Component({
  selector: 'app-messenger-icon',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path [attr.d]="stroke()" />
    </svg>
  `,
  host: { class: 'icon' },
})
export class MessengerIcon {
  readonly name = input.required<keyof typeof STROKES>();
  protected readonly stroke = computed(() => STROKES[this.name()]);
}
