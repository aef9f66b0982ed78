import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  output,
  signal,
} from '@angular/core';
import { Message } from '../../api/models';
import { messagesTexts } from '../../i18n/messages-texts';
import { MessageActions } from '../../messages/message-actions';
import { ConfirmDialog } from '../../ui/confirm-dialog';

/** Asks whether to delete a message, and deletes it. Where that fails, says why and asks again. */
@Component({
  selector: 'app-delete-message',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ConfirmDialog],
  template: `
    @if (isAsking()) {
      <app-confirm-dialog
        [title]="problem() ? texts.failed : texts.title"
        [text]="problem() || texts.text"
        [confirmLabel]="problem() ? texts.tryAgain : texts.confirm"
        [cancelLabel]="texts.keep"
        (answered)="answer($event)"
      />
    }
  `,
})
export class DeleteMessage {
  readonly #actions = inject(MessageActions);

  readonly message = input.required<Message>();
  /** Whether it is deleted; else the user keeps it. */
  readonly settled = output<boolean>();

  protected readonly texts = messagesTexts.deletion;
  protected readonly problem = signal('');
  readonly #isDeleting = signal(false);
  protected readonly isAsking = computed(() => !this.#isDeleting());

  protected async answer(isConfirmed: boolean): Promise<void> {
    if (!isConfirmed) {
      this.settled.emit(false);
      return;
    }
    this.#isDeleting.set(true);
    this.problem.set(await this.#actions.delete(this.message()));
    if (this.problem() === '') this.settled.emit(true);
    else this.#isDeleting.set(false);
  }
}
