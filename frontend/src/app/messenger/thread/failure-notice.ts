import { ChangeDetectionStrategy, Component, computed, inject, input, output } from '@angular/core';
import { Message } from '../../api/models';
import { messagesTexts } from '../../i18n/messages-texts';
import { Busy } from '../../ui/busy';
import { Icon } from '../../ui/icon';
import { MessageActions } from '../../messages/message-actions';
import {
  failureCause,
  hasContent,
  isRetryable,
  presentStatus,
} from '../../messages/message-status';

/** Why a message has failed, in one line, and what the user can do. Its details say more. */
@Component({
  selector: 'app-failure-notice',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, Icon],
  template: `
    <p class="message-notice__reason">
      <app-icon class="icon--small" name="warning" />&ngsp; <b translate="no">{{ title() }}.</b>
      {{ cause() }}
    </p>
    @if (action().problem; as problem) {
      <p role="alert">{{ problem }}</p>
    }
    @if (isRetried()) {
      <p>{{ texts.sentAgain }}</p>
    } @else if (hasContent()) {
      <span class="message-notice__actions">
        @if (isRetryable()) {
          <button
            type="button"
            class="link"
            [appBusy]="action().isBusy"
            (click)="actions.retry(message())"
          >
            {{ action().isBusy ? texts.sendingAgain : texts.retry }}
          </button>
        }
        @if (actions.canEdit(message())) {
          <button
            type="button"
            class="link"
            [attr.aria-label]="texts.editAndResend"
            (click)="edit.emit(message())"
          >
            {{ texts.edit }}
          </button>
        }
      </span>
    }
  `,
  host: { class: 'message-notice message-notice--danger' },
})
export class FailureNotice {
  protected readonly actions = inject(MessageActions);

  readonly message = input.required<Message>();
  /** A newer message repeats this one. */
  readonly isRetried = input(false);
  readonly edit = output<Message>();

  protected readonly texts = messagesTexts.actions;
  protected readonly action = computed(() => this.actions.stateOf(this.message()));
  protected readonly title = computed(() => presentStatus(this.message().status).text);
  protected readonly cause = computed(() => failureCause(this.message()));
  protected readonly hasContent = computed(() => hasContent(this.message()));
  protected readonly isRetryable = computed(
    () => isRetryable(this.message()) && this.actions.canResend(this.message()),
  );
}
