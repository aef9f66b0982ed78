import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  afterNextRender,
  inject,
  input,
  model,
} from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { toProblem } from '../../api/problem';
import { accountTexts } from '../../i18n/account-texts';
import { Field } from '../../ui/field';
import { required, setServerErrors } from '../../ui/validators';
import { FormFooter } from '../form-footer/form-footer';
import { FormSubmission } from '../form-submission';

export type CodeKind = 'code' | 'recovery-code';

/** The second step of signing in. A wrong code, or none of an answer, keeps it as it is. */
@Component({
  selector: 'app-second-factor-form',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field, FormFooter, ReactiveFormsModule],
  template: `
    <form novalidate [formGroup]="form" (ngSubmit)="submission.submit()">
      <!-- For password managers, which ask whose code it is. -->
      <input hidden name="username" autocomplete="username" [value]="email()" />
      @if (kind() === 'code') {
        <app-field
          class="code-field"
          name="one-time-code"
          autocomplete="one-time-code"
          inputmode="numeric"
          description="auth-card-intro"
          [label]="texts.code"
          [noun]="texts.noun"
          [control]="form.controls.second_factor_code"
        />
      } @else {
        <app-field
          name="recovery-code"
          description="auth-card-intro"
          [label]="texts.recoveryCode"
          [noun]="texts.noun"
          [control]="form.controls.second_factor_code"
        />
      }
      <app-form-footer
        [submission]="submission"
        [submit]="texts.submit"
        [submitting]="texts.submitting"
      />
    </form>
    <p class="auth-card__aside">
      <button type="button" class="link" (click)="switchKind()">
        {{ kind() === 'code' ? texts.toRecoveryCode : texts.toCode }}
      </button>
    </p>
  `,
  host: { class: 'auth-card__step' },
})
export class SecondFactorForm {
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);

  readonly email = input.required<string>();
  readonly kind = model.required<CodeKind>();
  readonly signIn = input.required<(code: string) => Promise<void>>();

  protected readonly texts = accountTexts.secondStep;
  protected readonly form = new FormGroup({
    // As the API names it in its errors.
    second_factor_code: new FormControl('', { nonNullable: true, validators: required }),
  });
  protected readonly submission = new FormSubmission(this.form, async () => {
    const { second_factor_code: code } = this.form.getRawValue();
    try {
      // Apps show the digits in groups.
      await this.signIn()(this.kind() === 'code' ? code.replace(/\s/g, '') : code.trim());
    } catch (error) {
      if (toProblem(error).code !== 'invalid_second_factor_code') throw error;
      setServerErrors(this.form.controls, { second_factor_code: [this.texts.invalid] });
    }
  });

  constructor() {
    this.#focusField();
  }

  protected switchKind(): void {
    this.form.reset();
    this.kind.update((kind) => (kind === 'code' ? 'recovery-code' : 'code'));
    this.#focusField();
  }

  /** On a touch screen too: there is nothing else to do here. */
  #focusField(): void {
    afterNextRender(
      () => this.#host.nativeElement.querySelector<HTMLElement>('input:not([hidden])')?.focus(),
      {
        injector: this.#injector,
      },
    );
  }
}
