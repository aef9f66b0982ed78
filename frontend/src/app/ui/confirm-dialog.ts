import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  afterNextRender,
  input,
  output,
  viewChild,
} from '@angular/core';

/** Asks before something is done that cannot be undone. Whatever closes it, but for the one button, says no. */
@Component({
  selector: 'app-question-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <dialog
      #element
      class="question"
      role="alertdialog"
      closedby="any"
      aria-labelledby="question-title"
      aria-describedby="question-text"
      (close)="answered.emit(element.returnValue === 'yes')"
    >
      <h2 id="question-title">{{ title() }}</h2>
      <p id="question-text">{{ text() }}</p>
      <div class="question__answers">
        <button type="button" class="button button--danger" (click)="element.close('yes')">
          {{ yes() }}
        </button>
        <button autofocus type="button" class="button" (click)="element.close()">{{ no() }}</button>
      </div>
    </dialog>
  `,
})
export class QuestionDialog {
  readonly title = input.required<string>();
  readonly text = input.required<string>();
  readonly yes = input.required<string>();
  readonly no = input.required<string>();
  readonly answered = output<boolean>();

  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('element');

  constructor() {
    afterNextRender(() => {
      this.dialog().nativeElement.showModal();
    });
  }
}
