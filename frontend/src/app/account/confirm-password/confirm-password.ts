import { ChangeDetectionStrategy, Component, inject, input, output } from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { accountTexts } from '../../i18n/account-texts';
import { SessionStore } from '../../session/session-store';
import { Autofocus } from '../../ui/autofocus';
import { Field } from '../../ui/field';
import { requiredPassword } from '../../ui/validators';
import { FormFooter } from '../form-footer/form-footer';
import { FormSubmission } from '../form-submission';

/** Asks for the password before something is done with it. What it contains stands before the buttons. */
@Component({
  selector: 'app-confirm-password',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Autofocus, Field, FormFooter, ReactiveFormsModule],
  template: `
    <form appAutofocus novalidate [formGroup]="form" (ngSubmit)="submission.submit()">
      <!-- For password managers, which ask whose password it is. -->
      <input hidden name="username" autocomplete="username" [value]="user()?.email" />
      <app-field
        type="password"
        autocomplete="current-password"
        [name]="name()"
        [label]="texts.label"
        [noun]="texts.noun"
        [reveal]="show.password"
        [hint]="warning()"
        [control]="form.controls.password"
      />
      <ng-content />
      <app-form-footer
        [submission]="submission"
        [submit]="submit()"
        [submitting]="submitting()"
        [isDangerous]="isDangerous()"
      >
        <button type="button" class="button button--quiet" (click)="cancelled.emit()">
          {{ cancel() }}
        </button>
      </app-form-footer>
    </form>
  `,
})
export class ConfirmPassword {
  readonly name = input.required<string>();
  readonly submit = input.required<string>();
  readonly submitting = input<string>(accountTexts.confirmPassword.submitting);
  readonly cancel = input<string>(accountTexts.confirmPassword.cancel);
  /** What it entails. */
  readonly warning = input('');
  readonly isDangerous = input(false);
  readonly action = input.required<(password: string) => Promise<void>>();
  readonly cancelled = output();

  protected readonly user = inject(SessionStore).user;
  protected readonly texts = accountTexts.confirmPassword;
  protected readonly show = accountTexts.show;
  protected readonly form = new FormGroup({
    password: new FormControl('', { nonNullable: true, validators: requiredPassword }),
  });
  protected readonly submission = new FormSubmission(this.form, () =>
    this.action()(this.form.getRawValue().password),
  );
}
