import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import { fullTime, timeOfDay } from '../texts/formats';
import { messagingTexts } from '../texts/messaging-texts';
import { Icon } from '../ui/icon';
import { StatusPresentation } from './status';

@Component({
  selector: 'app-bubble',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <p class="bubble__content">
      <span class="visually-hidden">{{ inbound() ? texts.received : texts.sent }}</span>{{
        content()
      }}
    </p>
    <p class="bubble__meta" [class]="'tone-' + status()?.tone">
      <time [attr.datetime]="time().toISOString()" [title]="exactly()">{{ clock() }}</time>
      @if (status(); as status) {
        <span>· {{ status.text }}</span>
        <app-icon [name]="status.icon" />
      }
    </p>
    @if (failure()) {
      <div class="bubble__failure">
        <app-icon name="warning" />
        <p>{{ failure() }}<ng-content /></p>
      </div>
    }
  `,
  host: {
    class: 'bubble',
    role: 'article',
    '[class.bubble--inbound]': 'inbound()',
    '[class.bubble--failed]': "failure() !== ''",
    '[class.bubble--waiting]': 'waiting()',
  },
})
export class Bubble {
  readonly content = input.required<string>();
  readonly time = input.required<Date>();
  readonly inbound = input(false);
  /** Not answered for yet. */
  readonly waiting = input(false);
  readonly status = input<StatusPresentation>();
  readonly failure = input('');

  protected readonly texts = messagingTexts.thread;
  protected readonly clock = computed(() => timeOfDay(this.time()));
  protected readonly exactly = computed(() => fullTime(this.time()));
}
