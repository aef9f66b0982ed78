import { ChangeDetectionStrategy, Component, inject, input, signal } from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { accountTexts } from '../i18n/account-texts';
import { Busy } from '../ui/busy';
import { Field } from '../ui/field';
import { Notice } from '../ui/notice';
import { KeepFocusOnPress } from '../ui/keep-focus-on-press';
import { requiredPassword } from '../ui/validators';
import { AccountStore } from './account-store';
import { newPasswordControls } from './new-password';
import { FormSubmission } from './form-submission';

@Component({
  selector: 'app-change-password',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, Field, Notice, ReactiveFormsModule, KeepFocusOnPress],
  template: `
    <header>
      <h2 id="change-password">{{ texts.title }}</h2>
      <p>{{ texts.intro }}</p>
    </header>
    <form novalidate [formGroup]="form" (ngSubmit)="submission.submit()">
      <!-- For password managers, which ask whose password it is. -->
      <input hidden name="username" autocomplete="username" [value]="email()" />
      <app-field
        name="current-password"
        type="password"
        autocomplete="current-password"
        [label]="texts.current"
        [control]="form.controls.current_password"
      />
      <app-field
        name="new-password"
        type="password"
        autocomplete="new-password"
        [label]="texts.new"
        [hint]="passwordHint"
        [control]="form.controls.password"
      />
      <app-field
        name="new-password-confirmation"
        type="password"
        autocomplete="new-password"
        [label]="texts.confirmation"
        [control]="form.controls.password_confirmation"
      />
      @if (submission.problem(); as problem) {
        <app-notice>{{ problem }}</app-notice>
      }
      <div class="panel__foot">
        <button
          appKeepFocusOnPress
          type="submit"
          class="button button--primary"
          [appBusy]="submission.busy()"
        >
          {{ submission.busy() ? texts.submitting : texts.submit }}
        </button>
        <p role="status">{{ done() }}</p>
      </div>
    </form>
  `,
  host: { class: 'panel', role: 'region', 'aria-labelledby': 'change-password' },
})
export class ChangePassword {
  readonly #store = inject(AccountStore);

  readonly email = input.required<string>();

  protected readonly texts = accountTexts.changePassword;
  protected readonly passwordHint = accountTexts.passwordHint;
  protected readonly done = signal('');
  protected readonly form = new FormGroup({
    current_password: new FormControl('', { nonNullable: true, validators: requiredPassword }),
    ...newPasswordControls(),
  });
  protected readonly submission = new FormSubmission(this.form, async () => {
    this.done.set('');
    await this.#store.changePassword(this.form.getRawValue());
    this.form.reset();
    this.done.set(this.texts.done);
  });
}
