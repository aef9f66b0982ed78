import { ChangeDetectionStrategy, Component, inject, input, signal } from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { RouterLink } from '@angular/router';
import { accountTexts } from '../i18n/account-texts';
import { Field } from '../ui/field';
import { requiredPassword } from '../ui/validators';
import { AccountStore } from './account-store';
import { FormFooter } from './form-footer/form-footer';
import { FormSubmission } from './form-submission';
import { NewPassword } from './new-password/new-password';
import { newPasswordControls } from './new-password/new-password-controls';

@Component({
  selector: 'app-change-password',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field, FormFooter, NewPassword, ReactiveFormsModule, RouterLink],
  templateUrl: './change-password.html',
  host: { class: 'panel', role: 'region', 'aria-labelledby': 'change-password' },
})
export class ChangePassword {
  readonly #store = inject(AccountStore);

  readonly email = input.required<string>();

  protected readonly texts = accountTexts.changePassword;
  protected readonly forgotIt = accountTexts.forgotIt;
  protected readonly newPasswordLabels = accountTexts.newPasswords.another;
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
