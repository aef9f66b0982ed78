import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { SecondFactorSetUp } from '../../api/models';
import { accountTexts } from '../../i18n/account-texts';
import { secondFactorTexts } from '../../i18n/second-factor-texts';
import { CopyButton } from '../../ui/copy-button';
import { Field } from '../../ui/field';
import { required } from '../../ui/validators';
import { FormFooter } from '../form-footer/form-footer';
import { FormSubmission } from '../form-submission';
import { QrCode } from './qr-code';

/** Hands the secret over to an authenticator app, by a camera, a link or by hand, and asks for its first code. */
@Component({
  selector: 'app-set-up-second-factor',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CopyButton, Field, FormFooter, QrCode, ReactiveFormsModule],
  template: `
    <h3 tabindex="-1">{{ texts.title }}</h3>
    <p>{{ texts.scan }}</p>
    <app-qr-code [text]="setUp().otpauth_uri" [label]="texts.qrCode" />
    <p class="second-factor__key">
      {{ texts.key }}
      <code #key translate="no">
        @for (part of keyParts(); track $index) {
          <span>{{ part }}</span>
        }
      </code>
      <app-copy-button [source]="key" [label]="texts.copyKey" />
    </p>
    <a class="second-factor__link" [href]="setUp().otpauth_uri">{{ texts.open }}</a>
    <form novalidate [formGroup]="form" (ngSubmit)="submission.submit()">
      <app-field
        class="code-field"
        name="second-factor-code"
        autocomplete="one-time-code"
        inputmode="numeric"
        [label]="texts.code"
        [noun]="noun"
        [control]="form.controls.code"
      />
      <app-form-footer
        [submission]="submission"
        [submit]="texts.submit"
        [submitting]="texts.submitting"
      >
        <button type="button" class="button button--quiet" (click)="cancelled.emit()">
          {{ cancel }}
        </button>
      </app-form-footer>
    </form>
  `,
  host: { class: 'second-factor__step' },
})
export class SetUpSecondFactor {
  readonly setUp = input.required<SecondFactorSetUp>();
  readonly turnOn = input.required<(code: string) => Promise<void>>();
  readonly cancelled = output();

  protected readonly texts = secondFactorTexts.setUp;
  protected readonly noun = accountTexts.secondStep.noun;
  protected readonly cancel = accountTexts.confirmPassword.cancel;
  /** Easier to type; what is copied has no gaps. */
  protected readonly keyParts = computed(() => this.setUp().secret.match(/.{1,4}/g) ?? []);
  protected readonly form = new FormGroup({
    code: new FormControl('', { nonNullable: true, validators: required }),
  });
  protected readonly submission = new FormSubmission(this.form, () =>
    this.turnOn()(this.form.getRawValue().code.replace(/\s/g, '')),
  );
}
