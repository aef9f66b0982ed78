import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  afterNextRender,
  input,
  output,
  viewChild,
} from '@angular/core';

/** Asks before something is done that cannot be undone. Closing it in any other way than by the first button means no. */
@Component({
  selector: 'app-confirm-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <dialog
      #element
      class="confirm-dialog"
      role="alertdialog"
      closedby="any"
      aria-labelledby="confirm-dialog-title"
      aria-describedby="confirm-dialog-text"
      (close)="answered.emit(element.returnValue === 'confirm')"
    >
      <h2 id="confirm-dialog-title">{{ title() }}</h2>
      <p id="confirm-dialog-text">{{ text() }}</p>
      <div class="confirm-dialog__actions">
        <button type="button" class="button button--danger" (click)="element.close('confirm')">
          {{ confirmLabel() }}
        </button>
        <button autofocus type="button" class="button" (click)="element.close()">
          {{ cancelLabel() }}
        </button>
      </div>
    </dialog>
  `,
})
export class ConfirmDialog {
  readonly title = input.required<string>();
  readonly text = input.required<string>();
  readonly confirmLabel = input.required<string>();
  readonly cancelLabel = input.required<string>();
  readonly answered = output<boolean>();

  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('element');

  constructor() {
    afterNextRender(() => {
      this.dialog().nativeElement.showModal();
    });
  }
}
