import { ChangeDetectionStrategy, Component, computed, inject, input, output } from '@angular/core';
import { Message } from '../../api/models';
import { fullTime, timeOfDay } from '../../i18n/formats';
import { messagesTexts } from '../../i18n/messages-texts';
import { Busy } from '../../ui/busy';
import { Icon } from '../../ui/icon';
import { FailureNotice } from './failure-notice';
import { MessageActions } from '../../messages/message-actions';
import { hasFailed, isTextDeleted, presentStatus } from '../../messages/message-status';
import { UnconfirmedNotice } from './unconfirmed-notice';

/** A message and the actions on it. */
@Component({
  selector: 'app-message-bubble',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, FailureNotice, Icon, UnconfirmedNotice],
  template: `
    <p class="bubble__content">
      <span class="visually-hidden">{{ isInbound() ? texts.received : texts.sent }}</span>
      @if (isTextDeleted()) {
        <span class="removed" [title]="texts.textDeletedWhy">{{ texts.textDeleted }}</span>
      } @else {
        <span class="verbatim" dir="auto" [textContent]="message().content"></span>
      }
    </p>
    <p class="bubble__meta" [class]="'tone-' + status().tone">
      <button
        type="button"
        class="bubble__details"
        [attr.aria-label]="texts.detailsOf(timestamp())"
        [title]="texts.details"
        (click)="details.emit(message())"
      >
        <app-icon name="info" />
      </button>
      <time translate="no" [attr.datetime]="message().created_at" [title]="timestamp()">{{
        clock()
      }}</time>
      @if (!isInbound()) {
        <span translate="no" [title]="status().meaning">· {{ status().text }}</span>
        <app-icon [name]="status().icon" />
      }
      @if (message().status === 'pending') {
        <button
          type="button"
          class="link"
          [appBusy]="action().isBusy"
          (click)="actions.cancel(message())"
        >
          {{ words.cancel }}
        </button>
      } @else if (message().status === 'canceled' && !isRetried() && !isTextDeleted()) {
        <button
          type="button"
          class="link"
          [appBusy]="action().isBusy"
          (click)="actions.retry(message())"
        >
          {{ words.sendNow }}
        </button>
      }
    </p>
    @if (hasFailed()) {
      <app-failure-notice
        [message]="message()"
        [isRetried]="isRetried()"
        (edit)="edit.emit($event)"
      />
    } @else if (message().status === 'unconfirmed') {
      <app-unconfirmed-notice [message]="message()" [isRetried]="isRetried()" />
    } @else if (action().problem; as problem) {
      <p class="aside aside--bad" role="alert">{{ problem }}</p>
    }
  `,
  host: {
    class: 'bubble',
    role: 'article',
    tabindex: '-1',
    '[attr.id]': "'message-' + message()._id",
    '[class.bubble--inbound]': 'isInbound()',
    '[class.bubble--failed]': 'hasFailed()',
    '[class.bubble--waiting]': "message().status === 'pending'",
    '[class.bubble--found]': 'isFound()',
  },
})
export class MessageBubble {
  protected readonly actions = inject(MessageActions);

  readonly message = input.required<Message>();
  /** A newer message repeats this one. */
  readonly isRetried = input(false);
  /** The user has searched for it. */
  readonly isFound = input(false);
  readonly details = output<Message>();
  readonly edit = output<Message>();

  protected readonly texts = messagesTexts.thread;
  protected readonly words = messagesTexts.actions;
  protected readonly isInbound = computed(() => this.message().direction === 'inbound');
  protected readonly isTextDeleted = computed(() => isTextDeleted(this.message()));
  protected readonly hasFailed = computed(() => hasFailed(this.message()));
  protected readonly status = computed(() => presentStatus(this.message().status));
  protected readonly clock = computed(() => timeOfDay(new Date(this.message().created_at)));
  protected readonly timestamp = computed(() => fullTime(new Date(this.message().created_at)));
  protected readonly action = computed(() => this.actions.stateOf(this.message()));
}
