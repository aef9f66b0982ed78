import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import { Message } from '../../api/models';
import { MenuRequest, MessageBubble } from './message-bubble';
import { Group } from './message-groups';

/** The usual height of a message. */
const MESSAGE_PX = 62;

/** Consecutive messages under the names of their days. */
@Component({
  selector: 'app-message-group',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [MessageBubble],
  template: `
    @for (row of group().rows; track row.message._id) {
      @if (row.day) {
        <h2 class="message-group__day">{{ row.day }}</h2>
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

  /** Used until the group has been rendered. */
  protected readonly estimatedSize = computed(
    () => `auto ${this.group().rows.length * MESSAGE_PX}px`,
  );
}
