import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { RouterLink } from '@angular/router';
import { SessionStore } from '../../session/session-store';
import { accountTexts } from '../../i18n/account-texts';
import { Autofocus } from '../../ui/autofocus';
import { Busy } from '../../ui/busy';
import { Field } from '../../ui/field';
import { Notice } from '../../ui/notice';
import { KeepFocusOnPress } from '../../ui/keep-focus-on-press';
import { email, required, requiredPassword } from '../../ui/validators';
import { AuthCard } from './auth-card';
import { FormSubmission } from '../form-submission';

@Component({
  selector: 'app-sign-in-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    AuthCard,
    Autofocus,
    Busy,
    Field,
    Notice,
    ReactiveFormsModule,
    RouterLink,
    KeepFocusOnPress,
  ],
  template: `
    <app-auth-card [heading]="texts.signIn.title" [intro]="texts.signIn.intro">
      @if (signOutReason(); as signOutReason) {
        <p class="notice notice--info" role="status">
          {{ texts.signIn.signOutReasons[signOutReason] }}
        </p>
      }
      <form appAutofocus novalidate [formGroup]="form" (ngSubmit)="submission.submit()">
        <app-field
          name="email"
          type="email"
          autocomplete="username"
          [label]="texts.email"
          [control]="form.controls.email"
        />
        <app-field
          name="password"
          type="password"
          autocomplete="current-password"
          [label]="texts.password"
          [control]="form.controls.password"
        />
        @if (submission.problem(); as problem) {
          <app-notice>{{ problem }}</app-notice>
        }
        <button
          appKeepFocusOnPress
          type="submit"
          class="button button--primary button--large"
          [appBusy]="submission.busy()"
        >
          {{ submission.busy() ? texts.signIn.submitting : texts.signIn.submit }}
        </button>
      </form>
      <p>
        {{ texts.signIn.newHere }}
        <a routerLink="/sign-up" queryParamsHandling="preserve">{{ texts.signIn.toSignUp }}</a>
      </p>
    </app-auth-card>
  `,
})
export class SignInPage {
  readonly #session = inject(SessionStore);

  protected readonly texts = accountTexts;
  protected readonly signOutReason = this.#session.signOutReason;
  protected readonly form = new FormGroup({
    email: new FormControl('', { nonNullable: true, validators: [required, email] }),
    password: new FormControl('', { nonNullable: true, validators: requiredPassword }),
  });
  protected readonly submission = new FormSubmission(this.form, () =>
    this.#session.signIn(this.form.getRawValue()),
  );
}
