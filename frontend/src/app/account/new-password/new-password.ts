import { ChangeDetectionStrategy, Component, input, signal } from '@angular/core';
import { FormControl } from '@angular/forms';
import { accountTexts } from '../../i18n/account-texts';
import { Field } from '../../ui/field';
import { PasswordStrength } from '../password-strength/password-strength';

interface NewPasswordLabels {
  readonly password: string;
  readonly confirmation: string;
  /** What shows both. */
  readonly show: string;
}

/** The two fields for a new password, with advice. */
@Component({
  selector: 'app-new-password',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field, PasswordStrength],
  template: `
    <app-field
      type="password"
      autocomplete="new-password"
      enterkeyhint="next"
      [name]="name()"
      [label]="labels().password"
      [hint]="hint"
      [control]="controls().password"
      [reveal]="labels().show"
      [(isRevealed)]="isRevealed"
    >
      <app-password-strength [control]="controls().password" [email]="email()" />
    </app-field>
    <app-field
      type="password"
      autocomplete="new-password"
      [name]="name() + '-confirmation'"
      [label]="labels().confirmation"
      [noun]="confirmationNoun"
      [control]="controls().password_confirmation"
      [isRevealed]="isRevealed()"
    />
  `,
  host: { class: 'new-password' },
})
export class NewPassword {
  /** Both are shown or neither. */
  protected readonly isRevealed = signal(false);

  readonly name = input.required<string>();
  readonly labels = input.required<NewPasswordLabels>();
  readonly controls = input.required<{
    readonly password: FormControl<string>;
    readonly password_confirmation: FormControl<string>;
  }>();
  /** Of whom the password is, as far as that is known. */
  readonly email = input('');

  protected readonly confirmationNoun = accountTexts.passwordConfirmationNoun;
  protected readonly hint = accountTexts.passwordHint;
}
