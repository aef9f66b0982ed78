import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { RouterLink } from '@angular/router';
import { tap } from 'rxjs';
import { SessionClient } from '../../session/session-client';
import { SessionStore } from '../../session/session-store';
import { accountTexts } from '../../i18n/account-texts';
import { Autofocus } from '../../ui/autofocus';
import { Field } from '../../ui/field';
import { Notice } from '../../ui/notice';
import { required } from '../../ui/validators';
import { AuthCard } from './auth-card';
import { newPasswordControls } from '../new-password/new-password-controls';
import { FormFooter } from '../form-footer/form-footer';
import { NewPassword } from '../new-password/new-password';
import { FormSubmission } from '../form-submission';
import { typedEmailControl } from '../typed-email';
import { untilKnown } from '../until-known';

@Component({
  selector: 'app-sign-up-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    AuthCard,
    Autofocus,
    Field,
    FormFooter,
    NewPassword,
    Notice,
    ReactiveFormsModule,
    RouterLink,
  ],
  templateUrl: './sign-up-page.html',
})
export class SignUpPage {
  readonly #session = inject(SessionStore);

  readonly #policy = untilKnown(
    inject(SessionClient)
      .signUpMode()
      .pipe(
        tap((mode) => {
          if (mode === 'invite') this.form.controls.invite_code.enable();
        }),
      ),
  );

  protected readonly mode = this.#policy.answer;
  protected readonly problem = this.#policy.problem;
  protected readonly intro = computed(() => {
    switch (this.mode()) {
      case 'closed':
        return accountTexts.signUp.closed;
      case 'invite':
        return accountTexts.signUp.introByInvitation;
      case undefined:
        return '';
      case 'open':
        return accountTexts.signUp.intro;
    }
  });

  protected readonly texts = accountTexts;
  protected readonly form = new FormGroup({
    invite_code: new FormControl(
      { value: '', disabled: true },
      { nonNullable: true, validators: required },
    ),
    email: typedEmailControl(),
    ...newPasswordControls(),
  });
  protected readonly submission = new FormSubmission(this.form, () => {
    const { invite_code, ...user } = this.form.getRawValue();
    return this.#session.signUp(invite_code ? { ...user, invite_code: invite_code.trim() } : user);
  });
}
