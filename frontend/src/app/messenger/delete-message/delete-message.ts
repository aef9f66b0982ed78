import {
  ChangeDetectionStrategy,
  Component,
  ComponentRef,
  ViewContainerRef,
  computed,
  inject,
  input,
  output,
  signal,
} from '@angular/core';
import { Message } from '../../api/models';
import { deletionTexts } from '../../i18n/deletion-texts';
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

  protected readonly texts = deletionTexts;
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

let asked: ComponentRef<DeleteMessage> | undefined;

/** Asks, in place of the question before, and calls back once the message is deleted. */
export function askToDelete(place: ViewContainerRef, message: Message, deleted: () => void): void {
  asked?.destroy();
  const dialog = place.createComponent(DeleteMessage);
  asked = dialog;
  dialog.setInput('message', message);
  dialog.instance.settled.subscribe((isDeleted) => {
    dialog.destroy();
    if (isDeleted) deleted();
  });
}
