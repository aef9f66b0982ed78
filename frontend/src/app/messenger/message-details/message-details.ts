import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  input,
  output,
  untracked,
} from '@angular/core';
import { Message, MessageDetail } from '../../api/models';
import { detailsTexts } from '../../i18n/details-texts';
import { fullTime, timeWithSeconds } from '../../i18n/formats';
import { messageMenuTexts } from '../../i18n/message-menu-texts';
import { messagesTexts } from '../../i18n/messages-texts';
import { statusMeanings } from '../../i18n/status-meaning-texts';
import { Busy } from '../../ui/busy';
import { CopyButton } from '../../ui/copy-button';
import { Icon } from '../../ui/icon';
import { Skeleton } from '../../ui/skeleton';
import { LinkedText } from '../linked-text/linked-text';
import { MessageDetailsStore } from './message-details-store';
import { ContactNames } from '../../phone-numbers/contact-names';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import {
  StatusPresentation,
  describeAbsentText,
  failureAdvice,
  failureCause,
  hasFailed,
  hasContent,
  hasText,
  isInFlight,
  isRetryable,
  presentStatus,
} from '../../messages/message-status';
import { MessageActions } from '../../messages/message-actions';
import { ThreadsStore } from '../../messages/threads-store';

/** Everything about one message. */
@Component({
  selector: 'app-message-details',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, CopyButton, Icon, LinkedText, Skeleton],
  providers: [MessageDetailsStore],
  templateUrl: './message-details.html',
  host: { class: 'message-details side-panel__content' },
})
export class MessageDetails {
  readonly #threads = inject(ThreadsStore);
  protected readonly store = inject(MessageDetailsStore);
  protected readonly actions = inject(MessageActions);
  protected readonly names = inject(ContactNames);

  readonly id = input.required<string>();
  /** There is nothing more to show. */
  readonly closed = output();
  /** The user wants to edit the failed message and send it again. */
  readonly edit = output<Message>();
  /** The user wants to delete it. */
  readonly remove = output<Message>();

  protected readonly texts = detailsTexts;
  protected readonly actionTexts = messagesTexts.actions;
  protected readonly inFlight = messageMenuTexts.inFlight;
  protected readonly presentStatus = presentStatus;
  protected readonly meanings = statusMeanings;
  protected readonly threadTexts = messagesTexts.thread;
  protected readonly hasContent = hasContent;
  protected readonly hasText = hasText;
  protected readonly describeAbsentText = describeAbsentText;
  protected readonly isInFlight = isInFlight;
  protected readonly isRetryable = isRetryable;
  protected readonly hasFailed = hasFailed;
  protected readonly failureCause = failureCause;
  protected readonly failureAdvice = failureAdvice;
  protected readonly formatPhoneNumber = formatPhoneNumber;
  protected readonly fullTime = fullTime;
  protected readonly timeWithSeconds = timeWithSeconds;

  /** Undefined until this message is loaded. */
  protected readonly message = computed(() => {
    const message = this.store.message();
    return message?._id === this.id() ? message : undefined;
  });
  protected readonly action = computed(() => {
    const message = this.message();
    return message ? this.actions.stateOf(message) : { isBusy: false, problem: '' };
  });
  protected readonly isRetried = computed(() => {
    const message = this.message();
    return message !== undefined && this.#threads.isRetried(message);
  });
  protected readonly events = computed(() => toEvents(this.message()));

  constructor() {
    effect(() => {
      if (!this.store.isDeleted()) return;
      untracked(() => {
        this.closed.emit();
      });
    });
    effect(() => {
      const id = this.id();
      untracked(() => {
        this.store.load(id);
      });
    });
  }

  protected toDate(time: string): Date {
    return new Date(time);
  }
}

interface TimelineEvent {
  readonly at: Date;
  readonly status: StatusPresentation;
  readonly source: string;
}

function toEvents(message: MessageDetail | undefined): TimelineEvent[] {
  if (!message) return [];
  const { sources, saved } = detailsTexts;
  return [
    {
      at: new Date(message.created_at),
      status: { ...presentStatus('pending'), text: saved },
      source: '',
    },
    ...message.timeline.map(({ at, status, source }) => ({
      at: new Date(at),
      status: presentStatus(status),
      source: sources[source] ?? source,
    })),
  ];
}
