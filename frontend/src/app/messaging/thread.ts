import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  effect,
  inject,
  input,
  output,
  viewChild,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { Message } from '../api/models';
import { messagingTexts } from '../texts/messaging-texts';
import { texts } from '../texts/texts';
import { Avatar } from '../ui/avatar';
import { Icon } from '../ui/icon';
import { Bubble } from './bubble';
import { Conversation, toDays } from './conversations';
import { MessagesStore } from './messages-store';
import { Outgoing } from './outbox';
import { readable } from './phone-number';
import { failureReason, hasFailed, presentStatus } from './status';

@Component({
  selector: 'app-thread',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, Bubble, Icon, RouterLink],
  template: `
    <header class="pane__head">
      <a class="button button--quiet back" routerLink="/messages" [attr.aria-label]="texts.back">
        <app-icon name="back" />
      </a>
      <app-avatar [letters]="conversation().peer.slice(-2)" [of]="conversation().peer" />
      <div>
        <h1>{{ name() }}</h1>
        <p>{{ count() }}</p>
      </div>
    </header>
    <div #scroller class="thread" tabindex="0" role="log" [attr.aria-label]="texts.label(name())">
      <div class="thread__content">
        @if (store.hasEarlier()) {
          <button
            type="button"
            class="button button--small thread__earlier"
            (click)="store.loadEarlier()"
          >
            {{ store.loadingEarlier() ? history.loadingEarlier : history.loadEarlier }}
          </button>
        }
        @for (day of days(); track day.name) {
          <h2 class="day">{{ day.name }}</h2>
          @for (message of day.messages; track message._id) {
            @let failed = hasFailed(message);
            <app-bubble
              [content]="message.content"
              [time]="timeOf(message)"
              [inbound]="message.direction === 'inbound'"
              [status]="message.direction === 'inbound' ? undefined : presentStatus(message.status)"
              [failure]="failed ? failureReason(message) : ''"
            />
          }
        }
        @for (outgoing of conversation().outgoing; track outgoing.key) {
          <app-bubble
            [content]="outgoing.content"
            [time]="outgoing.writtenAt"
            [waiting]="outgoing.state === 'sending'"
            [status]="presentOutgoing(outgoing)"
            [failure]="outgoing.problem"
          >
            {{ sending.safeToRepeat }}
            <button type="button" class="link" (click)="sendAgain.emit(outgoing)">
              {{ sending.tryAgain }}
            </button>
            @if (outgoing.isEditable) {
              <button type="button" class="link" (click)="edit.emit(outgoing)">
                {{ sending.edit }}
              </button>
            }
          </app-bubble>
        }
      </div>
    </div>
  `,
  host: { class: 'pane__body' },
})
export class Thread {
  protected readonly store = inject(MessagesStore);

  readonly conversation = input.required<Conversation>();
  readonly sendAgain = output<Outgoing>();
  readonly edit = output<Outgoing>();

  protected readonly scroller = viewChild.required<ElementRef<HTMLElement>>('scroller');

  protected readonly texts = messagingTexts.thread;
  protected readonly history = messagingTexts.history;
  protected readonly sending = messagingTexts.sending;
  protected readonly hasFailed = hasFailed;
  protected readonly presentStatus = presentStatus;
  protected readonly failureReason = failureReason;

  protected readonly name = computed(() => readable(this.conversation().peer));
  protected readonly days = computed(() => toDays(this.conversation().messages));
  protected readonly count = computed(() => {
    const { messages, outgoing } = this.conversation();
    if (!this.store.isLoaded()) return texts.session.loading;
    return messagingTexts.thread.count(messages.length + outgoing.length, this.store.hasEarlier());
  });

  readonly #written = computed(() => this.conversation().outgoing.at(-1)?.key);

  constructor() {
    // What is written shows, wherever one was reading.
    effect(() => {
      if (this.#written()) this.scroller().nativeElement.scrollTop = 0;
    });
  }

  protected timeOf({ created_at }: Message): Date {
    return new Date(created_at);
  }

  protected presentOutgoing({ state }: Outgoing) {
    return state === 'sending'
      ? { ...presentStatus('sending'), text: messagingTexts.sending.inProgress }
      : presentStatus('failed');
  }
}
