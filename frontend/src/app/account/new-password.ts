import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { AbstractControl, FormControl, ValidatorFn } from '@angular/forms';
import { accountTexts } from '../i18n/account-texts';
import { passwordLength, requiredPassword } from '../ui/validators';

const SHORTEST = 8;
const LONGEST = 128;

/** A password to be, and the same once more. */
export function newPasswordControls() {
  const password = new FormControl('', {
    nonNullable: true,
    validators: [requiredPassword, passwordLength(SHORTEST, LONGEST)],
  });
  const same: ValidatorFn = ({ value }: AbstractControl<string>) =>
    value.normalize('NFC') === password.value.normalize('NFC')
      ? null
      : { mismatch: accountTexts.passwordMismatch };
  const password_confirmation = new FormControl('', { nonNullable: true, validators: same });
  password.valueChanges.pipe(takeUntilDestroyed()).subscribe(() => {
    password_confirmation.updateValueAndValidity();
  });
  return { password, password_confirmation };
}
