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
import { Icon } from '../../ui/icon';
import { Skeleton } from '../../ui/skeleton';
import { CopyButton } from './copy-button';
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
  template: `
    <dialog #dialog class="details" aria-labelledby="details-title" (close)="closed.emit()">
      @if (id(); as id) {
        <div class="details__head">
          <h2 id="details-title">{{ texts.title }}</h2>
          <button
            type="button"
            class="button button--quiet"
            [attr.aria-label]="texts.close"
            (click)="dialog.close()"
          >
            <app-icon name="close" />
          </button>
        </div>
        @if (store.problem(); as problem) {
          <p class="details__problem" role="alert">
            {{ problem }}
            <button type="button" class="link" (click)="store.load(id)">
              {{ texts.tryAgain }}
            </button>
          </p>
        }
        @if (message(); as message) {
          @let status = presentStatus(message.status);
          <p class="details__status" [class]="'tone-' + status.tone">
            <app-icon [name]="status.icon" />
            <span>
              <b translate="no">{{ status.text }}.</b>
              {{ hasFailed(message) ? failureCause(message) : status.meaning }}
              @if (hasFailed(message)) {
                {{ failureAdvice(message) }}
              }
            </span>
          </p>
          <dl>
            <div>
              <dt>{{ texts.text }}</dt>
              <dd class="details__text">
                @if (isTextDeleted(message)) {
                  <span class="removed"
                    >{{ threadTexts.textDeleted }}. {{ threadTexts.textDeletedWhy }}</span
                  >
                } @else {
                  <span #text class="verbatim" dir="auto" [textContent]="message.content"></span>
                  <app-copy-button [source]="text" [label]="texts.copyText" />
                }
              </dd>
            </div>
            <div>
              <dt>{{ message.direction === 'inbound' ? texts.from : texts.to }}</dt>
              <dd>
                <span #number dir="ltr" translate="no">{{
                  formatPhoneNumber(message.peer_number)
                }}</span>
                <app-copy-button [source]="number" [label]="texts.copyNumber" />
              </dd>
            </div>
            <div>
              <dt>{{ texts.sid }}</dt>
              @if (message.twilio_sid) {
                <dd class="details__sid">
                  <span #sid dir="ltr" translate="no">{{ message.twilio_sid }}</span>
                  <app-copy-button [source]="sid" [label]="texts.copySid" />
                </dd>
              } @else {
                <dd>{{ texts.noSid }}</dd>
              }
            </div>
            <div>
              <dt>{{ texts.written }}</dt>
              <dd translate="no">{{ fullTime(toDate(message.created_at)) }}</dd>
            </div>
            <div>
              <dt>{{ texts.segments }}</dt>
              <dd translate="no">{{ message.segments }}</dd>
            </div>
            @if (message.error_code !== null) {
              <div>
                <dt>{{ texts.errorCode }}</dt>
                <dd translate="no">
                  {{ message.error_code === 'expired' ? texts.expired : message.error_code }}
                </dd>
              </div>
            }
          </dl>
          <h3>{{ texts.timeline }}</h3>
          <ol class="timeline">
            @for (event of events(); track $index) {
              <li [class]="'tone-' + event.status.tone">
                <app-icon [name]="event.status.icon" />
                <p>
                  <b translate="no">{{ event.status.text }}</b>
                  <span>{{ event.source }}</span>
                </p>
                <time
                  translate="no"
                  [attr.datetime]="event.at.toISOString()"
                  [title]="fullTime(event.at)"
                  >{{ timeWithSeconds(event.at) }}</time
                >
              </li>
            }
          </ol>
        } @else if (!store.problem()) {
          <p class="visually-hidden" role="status">{{ texts.loading }}</p>
          <app-skeleton shape="lines" [count]="7" />
        }
      }
    </dialog>
  `,
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

  /** Not the message that was open before. */
  protected readonly message = computed(() => {
    const message = this.store.message();
    return message?._id === this.id() ? message : undefined;
  });
  protected readonly events = computed(() => toEvents(this.message()));
  /** Changes when the message changes. */
  readonly #version = computed(() => {
    const message = this.message();
    return message && this.#threads.find(message)?.updated_at;
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
