import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import { Message } from '../../api/models';
import { messagesTexts } from '../../i18n/messages-texts';
import { MenuRequest, MessageBubble } from './message-bubble';
import { Group } from './message-groups';

/** The usual height of a message. */
const MESSAGE_PX = 62;
/** That of a picture in it. */
const MEDIA_PX = 204;

/** Consecutive messages under the names of their days, and what was unread under a line of its own. */
@Component({
  selector: 'app-message-group',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [MessageBubble],
  template: `
    @for (row of group().rows; track row.message._id) {
      @if (row.day) {
        <h2 class="message-group__day">{{ row.day }}</h2>
      }
      @if (row.isFirstUnread) {
        <h2 class="message-group__new">{{ texts.firstUnread }}</h2>
      }
      <app-message-bubble
        [message]="row.message"
        [isRetried]="row.isRetried"
        [isJoined]="row.isJoined"
        [runStatus]="row.runStatus"
        [isSelected]="row.message._id === selected()"
        (menuRequested)="menuRequested.emit($event)"
        (edit)="edit.emit($event)"
      />
    }
  `,
  host: { class: 'message-group', '[style.contain-intrinsic-block-size]': 'estimatedSize()' },
})
export class MessageGroup {
  readonly group = input.required<Group>();
  /** The message that the user has searched for, or whose details are shown. */
  readonly selected = input<string>();
  readonly menuRequested = output<MenuRequest>();
  readonly edit = output<Message>();

  protected readonly texts = messagesTexts.thread;
  /** Used until the group has been rendered. */
  protected readonly estimatedSize = computed(
    () => `auto ${this.group().rows.reduce((sum, { message }) => sum + heightOf(message), 0)}px`,
  );
}

function heightOf({ media }: Message): number {
  // Several pictures are half as wide.
  return (
    MESSAGE_PX + (media.length > 1 ? Math.ceil(media.length / 2) / 2 : media.length) * MEDIA_PX
  );
}
