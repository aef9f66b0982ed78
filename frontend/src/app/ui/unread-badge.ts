import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import { unreadTexts } from '../i18n/unread-texts';

const MAX_SHOWN = 99;

/** How many messages are unread; nothing if none is. */
@Component({
  selector: 'app-unread-badge',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (count() > 0) {
      <span aria-hidden="true" translate="no">{{ shown() }}</span>
      <span class="visually-hidden">{{ texts.count(count()) }}</span>
    }
  `,
  host: { class: 'unread-badge' },
})
export class UnreadBadge {
  readonly count = input.required<number>();

  protected readonly texts = unreadTexts;
  protected readonly shown = computed(() =>
    this.count() > MAX_SHOWN ? `${MAX_SHOWN}+` : `${this.count()}`,
  );
}
