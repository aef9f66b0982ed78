import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { RouterLink } from '@angular/router';
import { SessionStore } from '../session/session-store';
import { texts } from '../texts/texts';
import { Autofocus } from '../ui/autofocus';
import { Field } from '../ui/field';
import { Notice } from '../ui/notice';
import { email, required } from '../ui/validators';
import { AccountCard } from './account-card';
import { Submission } from './submission';

@Component({
  selector: 'app-sign-in-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AccountCard, Autofocus, Field, Notice, ReactiveFormsModule, RouterLink],
  template: `
    <app-account-card [heading]="texts.signInTitle" [intro]="texts.signInIntro">
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
          type="submit"
          class="button button--primary button--large"
          [attr.aria-disabled]="submission.busy()"
        >
          {{ submission.busy() ? texts.signingIn : texts.signIn }}
        </button>
      </form>
      <p>
        {{ texts.newHere }} <a routerLink="/sign-up">{{ texts.toSignUp }}</a>
      </p>
    </app-account-card>
  `,
})
export class SignInPage {
  readonly #session = inject(SessionStore);

  protected readonly texts = texts.account;
  protected readonly form = new FormGroup({
    email: new FormControl('', { nonNullable: true, validators: [required, email] }),
    password: new FormControl('', { nonNullable: true, validators: required }),
  });
  protected readonly submission = new Submission(this.form, () =>
    this.#session.signIn(this.form.getRawValue()),
  );
}
