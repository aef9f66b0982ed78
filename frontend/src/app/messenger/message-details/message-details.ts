import {
  ChangeDetectionStrategy,
  Component,
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
import { MessageDetail } from '../../api/models';
import { fullTime, timeWithSeconds } from '../../i18n/formats';
import { messagesTexts } from '../../i18n/messages-texts';
import { CopyButton } from '../../ui/copy-button';
import { Icon } from '../../ui/icon';
import { Skeleton } from '../../ui/skeleton';
import { MessageDetailsStore } from './message-details-store';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import {
  StatusPresentation,
  failureAdvice,
  failureCause,
  hasFailed,
  isTextDeleted,
  presentStatus,
} from '../../messages/message-status';
import { ThreadsStore } from '../../messages/threads-store';

/** Everything about one message, in a dialog beside the conversation. */
@Component({
  selector: 'app-message-details',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CopyButton, Icon, Skeleton],
  providers: [MessageDetailsStore],
  templateUrl: './message-details.html',
})
export class MessageDetails {
  readonly #threads = inject(ThreadsStore);
  protected readonly store = inject(MessageDetailsStore);

  /** The dialog is open as long as there is one. */
  readonly id = input<string>();
  readonly closed = output();

  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');

  protected readonly texts = messagesTexts.details;
  protected readonly presentStatus = presentStatus;
  protected readonly threadTexts = messagesTexts.thread;
  protected readonly isTextDeleted = isTextDeleted;
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
  protected readonly events = computed(() => toEvents(this.message()));
  /** Changes when the message changes. */
  readonly #version = computed(() => {
    const message = this.message();
    return message && this.#threads.find(message)?.version;
  });

  constructor() {
    // Modal, so that Esc closes it and the focus returns to where it came from.
    afterRenderEffect(() => {
      const dialog = this.dialog().nativeElement;
      if (this.id() === undefined) dialog.close();
      else if (!dialog.open) dialog.showModal();
    });
    effect(() => {
      const id = this.id();
      this.#version();
      if (id !== undefined) {
        untracked(() => {
          this.store.load(id);
        });
      }
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
