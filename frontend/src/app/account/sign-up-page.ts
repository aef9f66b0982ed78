import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { AbstractControl, FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { RouterLink } from '@angular/router';
import { SessionStore } from '../session/session-store';
import { texts } from '../texts/texts';
import { Autofocus } from '../ui/autofocus';
import { Field } from '../ui/field';
import { Notice } from '../ui/notice';
import { email, minLength, required } from '../ui/validators';
import { AccountCard } from './account-card';
import { Submission } from './submission';

const SHORTEST_PASSWORD = 8;

@Component({
  selector: 'app-sign-up-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AccountCard, Autofocus, Field, Notice, ReactiveFormsModule, RouterLink],
  template: `
    <app-account-card [heading]="texts.signUpTitle" [intro]="texts.signUpIntro">
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
          autocomplete="new-password"
          [label]="texts.password"
          [hint]="texts.passwordHint"
          [control]="form.controls.password"
        />
        <app-field
          name="password-confirmation"
          type="password"
          autocomplete="new-password"
          [label]="texts.passwordConfirmation"
          [control]="form.controls.password_confirmation"
        />
        @if (submission.problem(); as problem) {
          <app-notice>{{ problem }}</app-notice>
        }
        <button
          type="submit"
          class="button button--primary button--large"
          [attr.aria-disabled]="submission.busy()"
        >
          {{ submission.busy() ? texts.signingUp : texts.signUp }}
        </button>
      </form>
      <p>
        {{ texts.knownHere }} <a routerLink="/sign-in">{{ texts.toSignIn }}</a>
      </p>
    </app-account-card>
  `,
})
export class SignUpPage {
  readonly #session = inject(SessionStore);

  protected readonly texts = texts.account;
  protected readonly form = new FormGroup({
    email: new FormControl('', { nonNullable: true, validators: [required, email] }),
    password: new FormControl('', {
      nonNullable: true,
      validators: [required, minLength(SHORTEST_PASSWORD)],
    }),
    password_confirmation: new FormControl('', { nonNullable: true, validators: samePassword }),
  });
  protected readonly submission = new Submission(this.form, () =>
    this.#session.signUp(this.form.getRawValue()),
  );

  constructor() {
    const { password, password_confirmation } = this.form.controls;
    password.valueChanges.pipe(takeUntilDestroyed()).subscribe(() => {
      password_confirmation.updateValueAndValidity();
    });
  }
}

function samePassword({ value, parent }: AbstractControl<string>): { mismatch: string } | null {
  const password: unknown = parent?.get('password')?.value;
  return value === password ? null : { mismatch: texts.fields.passwordMismatch };
}
