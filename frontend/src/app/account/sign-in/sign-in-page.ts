import { Location } from '@angular/common';
import {
  ChangeDetectionStrategy,
  Component,
  Injector,
  afterNextRender,
  computed,
  inject,
  signal,
} from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { ActivatedRoute, NavigationExtras, Router, RouterLink } from '@angular/router';
import { toProblem } from '../../api/problem';
import { SessionStore } from '../../session/session-store';
import { accountTexts } from '../../i18n/account-texts';
import { splitAtPlaceholder } from '../../i18n/plural';
import { Autofocus } from '../../ui/autofocus';
import { Field } from '../../ui/field';
import { WHOLE_SENTENCE, requiredPassword } from '../../ui/validators';
import { AuthCard } from './auth-card';
import { FormFooter } from '../form-footer/form-footer';
import { FormSubmission } from '../form-submission';
import { typedEmailControl } from '../typed-email';
import { CodeKind, SecondFactorForm } from './second-factor-form';

/** The value of `step` in the address. */
const CODE_STEP = 'code';

@Component({
  selector: 'app-sign-in-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    AuthCard,
    Autofocus,
    Field,
    FormFooter,
    ReactiveFormsModule,
    RouterLink,
    SecondFactorForm,
  ],
  template: `
    <app-auth-card [heading]="heading()" [intro]="intro()">
      @if (codeKind(); as kind) {
        <app-second-factor-form
          [email]="form.getRawValue().email"
          [kind]="kind"
          [signIn]="signInWithCode"
          (kindChange)="codeKind.set($event)"
        />
      } @else {
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
            enterkeyhint="next"
            [label]="texts.email"
            [control]="form.controls.email"
          />
          <app-field
            name="password"
            type="password"
            autocomplete="current-password"
            [label]="texts.password"
            [reveal]="texts.show.password"
            [control]="form.controls.password"
          >
            <a class="field__aside" routerLink="/forgot-password">{{ texts.forgotIt }}</a>
          </app-field>
          <app-form-footer
            [submission]="submission"
            [submit]="texts.signIn.submit"
            [submitting]="texts.signIn.submitting"
          />
        </form>
      }
      @if (codeKind() === undefined) {
        <p class="auth-card__foot">
          {{ texts.signIn.newHere }}
          <a routerLink="/sign-up" queryParamsHandling="preserve">{{ texts.signIn.toSignUp }}</a>
        </p>
      } @else {
        <p class="auth-card__foot">
          {{ signingInAs.before }}<span translate="no">{{ form.getRawValue().email }}</span
          >{{ signingInAs.after }}
          <button type="button" class="link" (click)="startOver()">
            {{ texts.secondStep.notYou }}
          </button>
        </p>
      }
    </app-auth-card>
  `,
})
export class SignInPage {
  readonly #session = inject(SessionStore);
  readonly #router = inject(Router);
  readonly #route = inject(ActivatedRoute);
  readonly #location = inject(Location);
  readonly #injector = inject(Injector);

  protected readonly texts = accountTexts;
  protected readonly signingInAs = splitAtPlaceholder(accountTexts.secondStep.signingInAs);
  protected readonly signOutReason = this.#session.signOutReason;
  /** Email and password are right, and stay in this page only. */
  #asksForCode = false;
  /** Which code is asked for. */
  protected readonly codeKind = signal<CodeKind | undefined>(undefined);
  protected readonly heading = computed(() =>
    this.codeKind() === undefined ? accountTexts.signIn.title : accountTexts.secondStep.title,
  );
  protected readonly intro = computed(() => {
    switch (this.codeKind()) {
      case 'code':
        return accountTexts.secondStep.intro;
      case 'recovery-code':
        return accountTexts.secondStep.introToRecovery;
      case undefined:
        return accountTexts.signIn.intro;
    }
  });
  protected readonly form = new FormGroup({
    email: typedEmailControl(),
    password: new FormControl('', { nonNullable: true, validators: requiredPassword }),
  });
  protected readonly submission = new FormSubmission(this.form, async () => {
    try {
      await this.#session.signIn(this.form.getRawValue());
    } catch (error) {
      switch (toProblem(error).code) {
        case 'second_factor_required':
          this.#asksForCode = true;
          await this.#goTo(CODE_STEP);
          break;
        case 'invalid_credentials':
          this.form.controls.password.setErrors({ [WHOLE_SENTENCE]: accountTexts.signIn.noMatch });
          break;
        default:
          throw error;
      }
    }
  });

  constructor() {
    const { email, password } = this.form.controls;
    // What is wrong may be the email.
    email.valueChanges.pipe(takeUntilDestroyed()).subscribe(() => {
      password.updateValueAndValidity();
    });
    this.#route.queryParamMap.pipe(takeUntilDestroyed()).subscribe((params) => {
      const isCodeStep = params.get('step') === CODE_STEP;
      if (isCodeStep && this.#asksForCode) {
        this.codeKind.set('code');
        return;
      }
      this.#asksForCode = false;
      this.codeKind.set(undefined);
      this.form.controls.password.reset();
      // After a reload, or a step forward. During a navigation, the router would put it back.
      if (isCodeStep) {
        afterNextRender(() => void this.#goTo(null, { replaceUrl: true }), {
          injector: this.#injector,
        });
      }
    });
  }

  protected readonly signInWithCode = (second_factor_code: string): Promise<void> =>
    this.#session.signIn({ ...this.form.getRawValue(), second_factor_code });

  protected startOver(): void {
    this.form.reset({ email: '', password: '' });
    this.#location.back();
  }

  /** The step for the code has an entry of its own in the history, so that going back leads to the password. */
  async #goTo(step: string | null, extras: NavigationExtras = {}): Promise<void> {
    await this.#router.navigate([], {
      relativeTo: this.#route,
      queryParams: { step },
      queryParamsHandling: 'merge',
      ...extras,
    });
  }
}
