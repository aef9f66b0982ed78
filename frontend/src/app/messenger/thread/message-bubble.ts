import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  linkedSignal,
  output,
} from '@angular/core';
import { Message } from '../../api/models';
import { fullTime, timeOfDay } from '../../i18n/formats';
import { messagesTexts } from '../../i18n/messages-texts';
import { Busy } from '../../ui/busy';
import { Icon } from '../../ui/icon';
import { LinkedText } from '../linked-text/linked-text';
import { FailureNotice } from './failure-notice';
import { MessageMedia } from '../media/message-media';
import { countMissing } from '../../messages/media';
import { MessageActions } from '../../messages/message-actions';
import {
  describeAbsentText,
  hasContent,
  hasFailed,
  hasText,
  presentStatus,
} from '../../messages/message-status';
import { StatusMark } from './status-mark';
import { UnconfirmedNotice } from './unconfirmed-notice';

/** The user asks for the actions on a message, at this element. */
export interface MenuRequest {
  readonly message: Message;
  readonly anchor: HTMLElement;
}

/** A message and the actions on it. */
@Component({
  selector: 'app-message-bubble',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, FailureNotice, Icon, LinkedText, MessageMedia, StatusMark, UnconfirmedNotice],
  templateUrl: './message-bubble.html',
  host: {
    class: 'message-bubble',
    role: 'article',
    tabindex: '-1',
    '[attr.id]': "'message-' + message()._id",
    '[class.message-bubble--inbound]': 'isInbound()',
    '[class.message-bubble--failed]': 'hasFailed()',
    '[class.message-bubble--waiting]': "['pending', 'canceled'].includes(message().status)",
    '[class.message-bubble--joined]': 'isJoined()',
    '[class.message-bubble--joining]': 'runStatus() === undefined',
    '[class.message-bubble--selected]': 'isSelected()',
    '[class.message-bubble--progressed]': 'hasProgressed()',
  },
})
export class MessageBubble {
  protected readonly actions = inject(MessageActions);

  readonly message = input.required<Message>();
  /** A newer message repeats this one. */
  readonly isRetried = input(false);
  /** It belongs to one run with the message before it. */
  readonly isJoined = input(false);
  /** If it ends its run: the status that each message of the run has reached. */
  readonly runStatus = input<string>();
  /** The user has searched for it, or its details are shown. */
  readonly isSelected = input(false);
  readonly menuRequested = output<MenuRequest>();
  readonly edit = output<Message>();

  protected readonly texts = messagesTexts.thread;
  protected readonly words = messagesTexts.actions;
  protected readonly isInbound = computed(() => this.message().direction === 'inbound');
  protected readonly hasContent = hasContent;
  protected readonly hasText = computed(() => hasText(this.message()));
  /** What is said in place of the text, or of media that are not available. */
  protected readonly absentText = computed(() => {
    const message = this.message();
    const missing = countMissing(message);
    if (missing > 0 && !message.content_removed_at) return messagesTexts.media.missing(missing);
    return this.hasText() || message.media.length > 0 ? '' : describeAbsentText(message);
  });
  protected readonly hasFailed = computed(() => hasFailed(this.message()));
  protected readonly status = computed(() => presentStatus(this.message().status));
  protected readonly clock = computed(() => timeOfDay(new Date(this.message().created_at)));
  protected readonly timestamp = computed(() => fullTime(new Date(this.message().created_at)));
  protected readonly action = computed(() => this.actions.stateOf(this.message()));
  /** The line below a run. A failure, or a doubt, has a notice in its place. */
  protected readonly line = computed(() => {
    const status = this.runStatus();
    if (status === undefined || this.hasFailed() || status === 'unconfirmed') return undefined;
    return presentStatus(status);
  });
  /** Beside the bubble, when it is pointed at: unless the line says the same. */
  protected readonly isOwnShown = computed(() => {
    const line = this.line();
    return line === undefined || (!this.isInbound() && line.text !== this.status().text);
  });
  /** Since it is on the screen. */
  protected readonly hasProgressed = linkedSignal<string, boolean>({
    source: () => this.message().status,
    computation: (_, previous) => previous !== undefined,
  });
}
