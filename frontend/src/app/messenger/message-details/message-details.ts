import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  DestroyRef,
  ElementRef,
  afterRenderEffect,
  computed,
  effect,
  inject,
  input,
  output,
  untracked,
  viewChild,
} from '@angular/core';
import { Message, MessageDetail } from '../../api/models';
import { fullTime, timeWithSeconds } from '../../i18n/formats';
import { messagesTexts } from '../../i18n/messages-texts';
import { Busy } from '../../ui/busy';
import { CopyButton } from '../../ui/copy-button';
import { Icon } from '../../ui/icon';
import { KEYS, Shortcuts } from '../../ui/shortcuts';
import { Skeleton } from '../../ui/skeleton';
import { LinkedText } from '../linked-text/linked-text';
import { MessageDetailsStore } from './message-details-store';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import {
  StatusPresentation,
  describeAbsentText,
  failureAdvice,
  failureCause,
  hasFailed,
  hasText,
  isInFlight,
  isRetryable,
  presentStatus,
} from '../../messages/message-status';
import { MessageActions } from '../../messages/message-actions';
import { ThreadsStore } from '../../messages/threads-store';

/**
 * Everything about one message, beside its conversation. A dialog that is not modal: the focus goes into it and comes back,
 * and the message that it explains stays in sight.
 */
@Component({
  selector: 'app-message-details',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, CopyButton, Icon, LinkedText, Skeleton],
  providers: [MessageDetailsStore],
  templateUrl: './message-details.html',
  host: {
    class: 'side-panel message-details messenger-page__side scroller',
    role: 'dialog',
    'aria-labelledby': 'details-title',
  },
})
export class MessageDetails {
  readonly #threads = inject(ThreadsStore);
  protected readonly store = inject(MessageDetailsStore);
  protected readonly actions = inject(MessageActions);

  readonly id = input.required<string>();
  readonly closed = output();
  /** The user wants to edit the failed message and send it again. */
  readonly edit = output<Message>();
  /** The user wants to delete it. */
  readonly remove = output<Message>();

  protected readonly heading = viewChild.required<ElementRef<HTMLElement>>('heading');

  protected readonly texts = messagesTexts.details;
  protected readonly actionTexts = messagesTexts.actions;
  protected readonly deletionTexts = messagesTexts.deletion;
  protected readonly presentStatus = presentStatus;
  protected readonly threadTexts = messagesTexts.thread;
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
  /** A newer message repeats this one. */
  protected readonly isRetried = computed(() => {
    const message = this.message();
    const { loaded } = this.#threads.thread(message?.peer_number ?? '');
    return loaded?.messages.some(({ retry_of }) => retry_of === message?._id) ?? false;
  });
  protected readonly events = computed(() => toEvents(this.message()));

  constructor() {
    const document = inject(DOCUMENT);
    const host = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
    let opener: Element | null = null;
    afterRenderEffect(() => {
      this.id();
      const { activeElement } = document;
      if (!host.contains(activeElement)) opener = activeElement;
      this.heading().nativeElement.focus({ preventScroll: true });
    });
    inject(DestroyRef).onDestroy(() => {
      // Its elements are removed already, and the focus with them.
      if (document.activeElement !== document.body) return;
      const bubble = document.getElementById(`message-${this.id()}`);
      const isThere =
        opener instanceof HTMLElement && opener !== document.body && opener.isConnected;
      const target = isThere ? (opener as HTMLElement) : bubble;
      target?.focus({ preventScroll: true });
    });
    inject(Shortcuts).add({
      keys: KEYS.back,
      run: () => {
        this.closed.emit();
      },
    });
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
  const { sources, saved } = messagesTexts.details;
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
