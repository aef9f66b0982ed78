import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import { daysBetween, fullTime, timeOfDay } from '../../i18n/formats';
import { messagingTexts } from '../../i18n/messages-texts';
import { Icon } from '../../ui/icon';
import { Outgoing, isSurelyUnsent, presentOutgoing } from '../../messages/outbox/pending-message';

/** A message that the API has not answered for yet. */
@Component({
  selector: 'app-outgoing-bubble',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <p class="bubble__content">
      <span class="visually-hidden">{{ said }}</span>
      <span class="verbatim" dir="auto" [textContent]="outgoing().content"></span>
    </p>
    <p class="bubble__meta" [class]="'tone-' + status().tone">
      <time
        translate="no"
        [attr.datetime]="outgoing().writtenAt.toISOString()"
        [title]="exactly()"
        >{{ clock() }}</time
      >
      <span translate="no">· {{ status().text }}</span>
      <app-icon [name]="status().icon" />
      @if (outgoing().state === 'queued' && canChange()) {
        <button type="button" class="link" (click)="edit.emit(outgoing())">{{ texts.edit }}</button>
        <button type="button" class="link" (click)="discard.emit(outgoing())">
          {{ texts.discard }}
        </button>
      }
    </p>
    @if (notice(); as notice) {
      <div class="aside" [class]="isBad() ? 'aside--bad' : 'aside--maybe'">
        <app-icon [name]="isBad() ? 'warning' : 'question'" />
        <div>
          <p role="alert">
            <b>{{ notice.title }}</b> {{ notice.text }}
          </p>
          <p class="aside__actions">
            @if (canRepeat()) {
              <button type="button" class="link" (click)="sendAgain.emit(outgoing())">
                {{ texts.tryAgain }}
              </button>
            }
            @if (canChange()) {
              <button type="button" class="link" (click)="edit.emit(outgoing())">
                {{ texts.edit }}
              </button>
              <button type="button" class="link" (click)="discard.emit(outgoing())">
                {{ texts.discard }}
              </button>
            }
          </p>
        </div>
      </div>
    }
  `,
  host: {
    class: 'bubble',
    role: 'article',
    '[class.bubble--waiting]': '!isBad()',
    '[class.bubble--failed]': 'isBad()',
  },
})
export class OutgoingBubble {
  readonly outgoing = input.required<Outgoing>();
  readonly sendAgain = output<Outgoing>();
  readonly edit = output<Outgoing>();
  readonly discard = output<Outgoing>();

  protected readonly texts = messagingTexts.sending;
  protected readonly said = messagingTexts.thread.sent;
  protected readonly clock = computed(() => timeOfDay(this.outgoing().writtenAt));
  protected readonly exactly = computed(() => fullTime(this.outgoing().writtenAt));
  protected readonly status = computed(() => presentOutgoing(this.outgoing()));
  protected readonly isBad = computed(() => this.outgoing().state === 'refused');
  protected readonly canChange = computed(() => isSurelyUnsent(this.outgoing()));
  /** Where the API has said when, sooner is no use; and where it has said no, the same again is none. */
  protected readonly canRepeat = computed(() => {
    const { state, retryAt } = this.outgoing();
    return state === 'unanswered' || (state === 'postponed' && retryAt === undefined);
  });
  protected readonly notice = computed(() => {
    const { notSent, postponed, unknown, safeToRepeat, triedAgain, goesOutAt } = this.texts;
    const { state, problem, retryAt } = this.outgoing();
    switch (state) {
      case 'queued':
      case 'sending':
        return undefined;
      case 'refused':
        return { title: notSent, text: problem };
      case 'unanswered':
        return { title: unknown, text: `${problem} ${retryAt ? triedAgain : ''} ${safeToRepeat}` };
      case 'postponed':
        return { title: postponed, text: `${problem} ${retryAt ? goesOutAt(soon(retryAt)) : ''}` };
    }
  });
}

function soon(time: Date): string {
  return daysBetween(new Date(), time) === 0 ? timeOfDay(time) : fullTime(time);
}
