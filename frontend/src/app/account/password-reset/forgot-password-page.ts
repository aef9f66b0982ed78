import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  Injector,
  afterNextRender,
  computed,
  inject,
  signal,
} from '@angular/core';
import { FormGroup, ReactiveFormsModule } from '@angular/forms';
import { RouterLink } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { toProblem } from '../../api/problem';
import { accountTexts } from '../../i18n/account-texts';
import { SessionClient } from '../../session/session-client';
import { SessionStore } from '../../session/session-store';
import { Autofocus } from '../../ui/autofocus';
import { Field } from '../../ui/field';
import { focusMainIfLost } from '../../ui/focus-main';
import { Notice } from '../../ui/notice';
import { FormFooter } from '../form-footer/form-footer';
import { FormSubmission } from '../form-submission';
import { AuthCard } from '../sign-in/auth-card';
import { typedEmailControl } from '../typed-email';
import { untilKnown } from '../until-known';

/** Asks for a mail with a link. The answer is the same for every email. */
@Component({
  selector: 'app-forgot-password-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AuthCard, Autofocus, Field, FormFooter, Notice, ReactiveFormsModule, RouterLink],
  template: `
    <app-auth-card [heading]="isSent() ? texts.sentTitle : texts.title" [intro]="intro()">
      @if (isSent()) {
        <p>
          {{ texts.nothingCame }}
          <button type="button" class="link" (click)="isSent.set(false)">
            {{ texts.askAgain }}
          </button>
        </p>
      } @else if (byMail()) {
        <form appAutofocus novalidate [formGroup]="form" (ngSubmit)="submission.submit()">
          <app-field
            name="email"
            type="email"
            autocomplete="username"
            [label]="emailLabel"
            [control]="form.controls.email"
          />
          <app-form-footer
            [submission]="submission"
            [submit]="texts.submit"
            [submitting]="texts.submitting"
          />
        </form>
      } @else if (byMail() === undefined && policy.problem()) {
        <app-notice>{{ policy.problem() }}</app-notice>
      }
      <p class="auth-card__foot">
        @if (isSignedIn()) {
          <a routerLink="/settings/security">{{ texts.toAccount }}</a>
        } @else {
          <a routerLink="/sign-in">{{ texts.toSignIn }}</a>
        }
      </p>
    </app-auth-card>
  `,
})
export class ForgotPasswordPage {
  readonly #client = inject(SessionClient);
  readonly #session = inject(SessionStore);
  readonly #document = inject(DOCUMENT);
  readonly #injector = inject(Injector);

  protected readonly texts = accountTexts.forgotPassword;
  protected readonly emailLabel = accountTexts.email;
  protected readonly policy = untilKnown(this.#client.passwordResetPolicy());
  readonly #isMailOff = signal(false);
  /** Undefined until it is known. */
  protected readonly byMail = computed(() =>
    this.#isMailOff() ? false : this.policy.answer()?.by_mail,
  );
  protected readonly isSent = signal(false);
  protected readonly isSignedIn = computed(() => this.#session.user() !== undefined);
  protected readonly intro = computed(() => {
    if (this.isSent()) return this.texts.sent;
    switch (this.byMail()) {
      case true:
        return this.texts.intro;
      case false:
        return this.texts.withoutMail;
      case undefined:
        return '';
    }
  });

  protected readonly form = new FormGroup({ email: typedEmailControl() });
  protected readonly submission = new FormSubmission(this.form, async () => {
    try {
      await firstValueFrom(this.#client.requestPasswordReset(this.form.getRawValue().email.trim()));
      this.isSent.set(true);
    } catch (error) {
      if (toProblem(error).code !== 'mail_not_configured') throw error;
      this.#isMailOff.set(true);
    }
    afterNextRender(
      () => {
        focusMainIfLost(this.#document);
      },
      { injector: this.#injector },
    );
  });
}
