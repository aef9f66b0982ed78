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
  templateUrl: './unconfirmed-notice.html',
  host: { class: 'message-notice message-notice--warning' },
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
