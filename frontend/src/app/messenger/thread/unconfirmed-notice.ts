import {
  ChangeDetectionStrategy,
  Component,
  Injector,
  afterNextRender,
  computed,
  inject,
  input,
  signal,
  viewChild,
  ElementRef,
} from '@angular/core';
import { Message } from '../../api/models';
import { messagingTexts } from '../../i18n/messages-texts';
import { Busy } from '../../ui/busy';
import { Icon } from '../../ui/icon';
import { MessageActions } from '../../messages/message-actions';

/** Nobody knows yet whether the carrier has the message: what that means, and what its author may decide. */
@Component({
  selector: 'app-unconfirmed-notice',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, Icon],
  template: `
    <app-icon name="question" />
    <div>
      <p>
        <b>{{ texts.unconfirmedTitle }}</b> {{ texts.unconfirmed }}
      </p>
      @if (action().problem; as problem) {
        <p role="alert">{{ problem }}</p>
      }
      @if (isRetried()) {
        <p>{{ texts.sentAgain }}</p>
      } @else if (isAsking()) {
        <p role="alert">
          <b>{{ texts.doubleTitle }}</b> {{ texts.double }}
        </p>
        <p class="aside__actions">
          <button #keep type="button" class="link" (click)="isAsking.set(false)">
            {{ texts.keepWaiting }}
          </button>
          <button
            type="button"
            class="link link--bad"
            [appBusy]="action().isBusy"
            (click)="actions.retry(message())"
          >
            {{ action().isBusy ? texts.sendingAgain : texts.accept }}
          </button>
        </p>
      } @else {
        @if (message().withdrawn) {
          <p>{{ texts.withdrawn }}</p>
        }
        <p class="aside__actions">
          @if (!message().withdrawn) {
            <button
              type="button"
              class="link"
              [appBusy]="action().isBusy"
              (click)="actions.cancel(message())"
            >
              {{ texts.withdraw }}
            </button>
          }
          <button type="button" class="link" (click)="ask()">{{ texts.sendAnyway }}</button>
        </p>
      }
    </div>
  `,
  host: { class: 'aside aside--maybe' },
})
export class UnconfirmedNotice {
  protected readonly actions = inject(MessageActions);
  readonly #injector = inject(Injector);

  readonly message = input.required<Message>();
  /** There is a newer message that repeats this one. */
  readonly isRetried = input(false);

  protected readonly keep = viewChild<ElementRef<HTMLElement>>('keep');

  protected readonly texts = messagingTexts.actions;
  protected readonly isAsking = signal(false);
  protected readonly action = computed(() => this.actions.of(this.message()));

  protected ask(): void {
    this.isAsking.set(true);
    afterNextRender(() => this.keep()?.nativeElement.focus(), { injector: this.#injector });
  }
}
