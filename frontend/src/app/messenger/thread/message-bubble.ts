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
  templateUrl: './message-bubble.html',
  host: {
    class: 'message-bubble',
    role: 'article',
    tabindex: '-1',
    '[attr.id]': "'message-' + message()._id",
    '[class.message-bubble--inbound]': 'isInbound()',
    '[class.message-bubble--failed]': 'hasFailed()',
    '[class.message-bubble--waiting]': "message().status === 'pending'",
    '[class.message-bubble--found]': 'isFound()',
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
