import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import { daysBetween, fullTime, timeOfDay } from '../../i18n/formats';
import { messagesTexts } from '../../i18n/messages-texts';
import { Icon } from '../../ui/icon';
import { StatusMark } from './status-mark';
import {
  PendingMessage,
  isDefinitelyUnsent,
  presentPending,
} from '../../messages/outbox/pending-message';

const NEW_FOR_MS = 1_000;

/** A message in the outbox: the API has not answered for it yet. */
@Component({
  selector: 'app-pending-bubble',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, StatusMark],
  templateUrl: './pending-bubble.html',
  host: {
    class: 'message-bubble',
    role: 'article',
    '[class.message-bubble--waiting]': '!isRefused() && !isSending()',
    '[class.message-bubble--new]': 'isNew()',
    '[class.message-bubble--failed]': 'isRefused()',
  },
})
export class PendingBubble {
  readonly pending = input.required<PendingMessage>();
  readonly sendAgain = output<PendingMessage>();
  readonly edit = output<PendingMessage>();
  readonly discard = output<PendingMessage>();

  protected readonly texts = messagesTexts.pending;
  protected readonly pictureName = messagesTexts.media.counts.picture(1);
  protected readonly sentLabel = messagesTexts.thread.sent;
  protected readonly clock = computed(() => timeOfDay(this.pending().writtenAt));
  protected readonly timestamp = computed(() => fullTime(this.pending().writtenAt));
  protected readonly status = computed(() => presentPending(this.pending()));
  protected readonly isRefused = computed(() => this.pending().state === 'refused');
  protected readonly isSending = computed(() => this.pending().state === 'sending');
  /** Written just now, and not before the conversation was opened. */
  protected readonly isNew = computed(
    () => Date.now() - this.pending().writtenAt.getTime() < NEW_FOR_MS,
  );
  protected readonly canChange = computed(() => isDefinitelyUnsent(this.pending()));
  /** Not if the API has said when to retry, and not if it has refused the message. */
  protected readonly canRepeat = computed(() => {
    const { state, retryAt } = this.pending();
    return state === 'unanswered' || (state === 'postponed' && retryAt === undefined);
  });
  protected readonly notice = computed(() => {
    const { notSent, postponed, unconfirmed, safeToRepeat, retrying, sentAt } = this.texts;
    const { state, problem, retryAt } = this.pending();
    switch (state) {
      case 'queued':
      case 'sending':
        return undefined;
      case 'refused':
        return { title: notSent, text: problem };
      case 'unanswered':
        return {
          title: unconfirmed,
          text: `${problem} ${retryAt ? retrying : ''} ${safeToRepeat}`,
        };
      case 'postponed':
        return { title: postponed, text: `${problem} ${retryAt ? sentAt(timeOf(retryAt)) : ''}` };
    }
  });
}

function timeOf(time: Date): string {
  return daysBetween(new Date(), time) === 0 ? timeOfDay(time) : fullTime(time);
}
