import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { AbstractControl, FormControl, ValidatorFn } from '@angular/forms';
import { accountTexts } from '../../i18n/account-texts';
import { passwordLength, requiredPassword } from '../../ui/validators';

export const MIN_PASSWORD_LENGTH = 8;
const MAX_PASSWORD_LENGTH = 128;

/** In an injection context: controls for a new password and its confirmation. */
export function newPasswordControls() {
  const password = new FormControl('', {
    nonNullable: true,
    validators: [requiredPassword, passwordLength(MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH)],
  });
  const same: ValidatorFn = ({ value }: AbstractControl<string>) =>
    value === '' || value.normalize('NFC') === password.value.normalize('NFC')
      ? null
      : { mismatch: accountTexts.passwordMismatch };
  const password_confirmation = new FormControl('', {
    nonNullable: true,
    validators: [requiredPassword, same],
  });
  password.valueChanges.pipe(takeUntilDestroyed()).subscribe(() => {
    password_confirmation.updateValueAndValidity();
  });
  return { password, password_confirmation };
}
