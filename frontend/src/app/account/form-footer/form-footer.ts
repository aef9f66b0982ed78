import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { Busy } from '../../ui/busy';
import { KeepFocusOnPress } from '../../ui/keep-focus-on-press';
import { Notice } from '../../ui/notice';
import { FormSubmission } from '../form-submission';

/** The end of a form: why it failed, and its buttons. What it contains comes after the one that submits the form. */
@Component({
  selector: 'app-form-footer',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, KeepFocusOnPress, Notice],
  template: `
    @if (submission().problem(); as problem) {
      <app-notice>{{ problem }}</app-notice>
    }
    <div class="form-footer__actions">
      <button
        appKeepFocusOnPress
        type="submit"
        class="button"
        [class]="isDangerous() ? 'button--danger' : 'button--primary'"
        [appBusy]="submission().busy()"
      >
        {{ submission().busy() ? submitting() : submit() }}
      </button>
      <ng-content />
    </div>
  `,
  host: { class: 'form-footer' },
})
export class FormFooter {
  readonly submission = input.required<FormSubmission>();
  /** What the button says. */
  readonly submit = input.required<string>();
  /** What it says while the form is being submitted. */
  readonly submitting = input.required<string>();
  readonly isDangerous = input(false);
}
