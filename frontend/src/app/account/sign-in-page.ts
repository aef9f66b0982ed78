import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { RouterLink } from '@angular/router';
import { SessionStore } from '../session/session-store';
import { accountTexts } from '../i18n/account-texts';
import { Autofocus } from '../ui/autofocus';
import { Busy } from '../ui/busy';
import { Field } from '../ui/field';
import { Notice } from '../ui/notice';
import { SteadySubmit } from '../ui/keep-focus-on-press';
import { email, required, requiredPassword } from '../ui/validators';
import { AccountCard } from './auth-card';
import { Submission } from './form-submission';

@Component({
  selector: 'app-sign-in-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    AccountCard,
    Autofocus,
    Busy,
    Field,
    Notice,
    ReactiveFormsModule,
    RouterLink,
    SteadySubmit,
  ],
  template: `
    <app-account-card [heading]="texts.signIn.title" [intro]="texts.signIn.intro">
      @if (farewell(); as farewell) {
        <p class="notice notice--calm" role="status">{{ texts.signIn.farewells[farewell] }}</p>
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
          appSteadySubmit
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
    </app-account-card>
  `,
})
export class SignInPage {
  readonly #session = inject(SessionStore);

  protected readonly texts = accountTexts;
  protected readonly farewell = this.#session.farewell;
  protected readonly form = new FormGroup({
    email: new FormControl('', { nonNullable: true, validators: [required, email] }),
    password: new FormControl('', { nonNullable: true, validators: requiredPassword }),
  });
  protected readonly submission = new Submission(this.form, () =>
    this.#session.signIn(this.form.getRawValue()),
  );
}
