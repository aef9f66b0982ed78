import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import { Message } from '../../api/models';
import { Bubble } from './message-bubble';
import { Group } from './message-groups';

/** What one message is high, more or less. */
const MESSAGE_PX = 70;

/** Messages that follow each other, under the days on which they were written. */
@Component({
  selector: 'app-message-group',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Bubble],
  template: `
    @for (row of group().rows; track row.message._id) {
      @if (row.day) {
        <h2 class="day">{{ row.day }}</h2>
      }
      <app-bubble
        [message]="row.message"
        [isRetried]="row.isRetried"
        [isFound]="row.message._id === found()"
        (details)="details.emit($event)"
        (edit)="edit.emit($event)"
      />
    }
  `,
  host: { class: 'group', '[style.contain-intrinsic-block-size]': 'likelySize()' },
})
export class MessageGroup {
  readonly group = input.required<Group>();
  /** The message that was looked for. */
  readonly found = input<string>();
  readonly details = output<Message>();
  readonly edit = output<Message>();

  /** Until it has been drawn. */
  protected readonly likelySize = computed(() => `auto ${this.group().rows.length * MESSAGE_PX}px`);
}
