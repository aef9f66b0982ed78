import { ChangeDetectionStrategy, Component, input, output } from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { secondFactorTexts } from '../../i18n/second-factor-texts';
import { Autofocus } from '../../ui/autofocus';
import { Busy } from '../../ui/busy';
import { Field } from '../../ui/field';
import { KeepFocusOnPress } from '../../ui/keep-focus-on-press';
import { Notice } from '../../ui/notice';
import { requiredPassword } from '../../ui/validators';
import { FormSubmission } from '../form-submission';

/** Asks for the password before something is done with it. */
@Component({
  selector: 'app-confirm-password',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Autofocus, Busy, Field, KeepFocusOnPress, Notice, ReactiveFormsModule],
  template: `
    <form appAutofocus novalidate [formGroup]="form" (ngSubmit)="submission.submit()">
      <app-field
        name="second-factor-password"
        type="password"
        autocomplete="current-password"
        [label]="texts.password"
        [hint]="warning()"
        [control]="form.controls.password"
      />
      @if (submission.problem(); as problem) {
        <app-notice>{{ problem }}</app-notice>
      }
      <div class="panel__footer">
        <button
          appKeepFocusOnPress
          type="submit"
          class="button button--primary"
          [appBusy]="submission.busy()"
        >
          {{ submission.busy() ? texts.confirming : submitLabel() }}
        </button>
        <button type="button" class="button button--quiet" (click)="cancelled.emit()">
          {{ texts.cancel }}
        </button>
      </div>
    </form>
  `,
})
export class ConfirmPassword {
  readonly submitLabel = input.required<string>();
  /** What it entails. */
  readonly warning = input('');
  readonly action = input.required<(password: string) => Promise<void>>();
  readonly cancelled = output();

  protected readonly texts = secondFactorTexts;
  protected readonly form = new FormGroup({
    password: new FormControl('', { nonNullable: true, validators: requiredPassword }),
  });
  protected readonly submission = new FormSubmission(this.form, () =>
    this.action()(this.form.getRawValue().password),
  );
}
