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
import { messagesTexts } from '../../i18n/messages-texts';
import { Busy } from '../../ui/busy';
import { Icon } from '../../ui/icon';
import { MessageActions } from '../../messages/message-actions';

/** It is not known yet whether the provider has the message: what that means, and what the user can decide. */
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
          <b>{{ texts.duplicateTitle }}</b> {{ texts.duplicate }}
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
            {{ action().isBusy ? texts.sendingAgain : texts.sendAnyway }}
          </button>
        </p>
      } @else {
        @if (message().withdrawn) {
          <p>{{ texts.retryingStopped }}</p>
        }
        <p class="aside__actions">
          @if (!message().withdrawn) {
            <button
              type="button"
              class="link"
              [appBusy]="action().isBusy"
              (click)="actions.cancel(message())"
            >
              {{ texts.stopRetrying }}
            </button>
          }
          <button type="button" class="link" (click)="ask()">{{ texts.sendAgainAnyway }}</button>
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
  /** A newer message repeats this one. */
  readonly isRetried = input(false);

  protected readonly keep = viewChild<ElementRef<HTMLElement>>('keep');

  protected readonly texts = messagesTexts.actions;
  protected readonly isAsking = signal(false);
  protected readonly action = computed(() => this.actions.stateOf(this.message()));

  protected ask(): void {
    this.isAsking.set(true);
    afterNextRender(() => this.keep()?.nativeElement.focus(), { injector: this.#injector });
  }
}
