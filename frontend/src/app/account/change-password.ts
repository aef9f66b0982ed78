import { ChangeDetectionStrategy, Component, inject, input, signal } from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { RouterLink } from '@angular/router';
import { accountTexts } from '../i18n/account-texts';
import { Busy } from '../ui/busy';
import { Field } from '../ui/field';
import { Notice } from '../ui/notice';
import { KeepFocusOnPress } from '../ui/keep-focus-on-press';
import { requiredPassword } from '../ui/validators';
import { AccountStore } from './account-store';
import { newPasswordControls } from './new-password';
import { PasswordStrength } from './password-strength/password-strength';
import { FormSubmission } from './form-submission';

@Component({
  selector: 'app-change-password',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Busy,
    Field,
    Notice,
    PasswordStrength,
    ReactiveFormsModule,
    RouterLink,
    KeepFocusOnPress,
  ],
  templateUrl: './change-password.html',
  host: { class: 'panel', role: 'region', 'aria-labelledby': 'change-password' },
})
export class ChangePassword {
  readonly #store = inject(AccountStore);

  readonly email = input.required<string>();

  protected readonly texts = accountTexts.changePassword;
  protected readonly forgotIt = accountTexts.forgotIt;
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
