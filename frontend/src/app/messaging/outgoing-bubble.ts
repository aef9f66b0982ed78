import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import { fullTime, timeOfDay } from '../texts/formats';
import { messagingTexts } from '../texts/messaging-texts';
import { Icon } from '../ui/icon';
import { Outgoing } from './outgoing';
import { presentStatus } from './status';

/** A message that the API has not answered for yet. */
@Component({
  selector: 'app-outgoing-bubble',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <p class="bubble__content">
      <span class="visually-hidden">{{ said }}</span>{{ outgoing().content }}
    </p>
    <p class="bubble__meta" [class]="'tone-' + status().tone">
      <time [attr.datetime]="outgoing().writtenAt.toISOString()" [title]="exactly()">{{
        clock()
      }}</time>
      <span>· {{ status().text }}</span>
      <app-icon [name]="status().icon" />
    </p>
    @if (outgoing().state === 'failed') {
      <div class="aside aside--bad">
        <app-icon name="warning" />
        <div>
          <p role="alert">
            <b>{{ outgoing().isRefused ? texts.notSent : texts.unknown }}</b>
            {{ outgoing().problem }} {{ texts.safeToRepeat }}
          </p>
          <p class="aside__actions">
            <button type="button" class="link" (click)="sendAgain.emit(outgoing())">
              {{ texts.tryAgain }}
            </button>
            @if (outgoing().isRefused) {
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
    '[class.bubble--waiting]': "outgoing().state === 'sending'",
    '[class.bubble--failed]': "outgoing().state === 'failed'",
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
  protected readonly status = computed(() => {
    const { state, isRefused } = this.outgoing();
    if (state === 'sending')
      return { ...presentStatus('sending'), text: messagingTexts.sending.inProgress };
    return presentStatus(isRefused ? 'failed' : 'unconfirmed');
  });
}
