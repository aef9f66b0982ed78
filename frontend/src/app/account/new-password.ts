import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { FormControl, ValidatorFn } from '@angular/forms';
import { accountTexts } from '../texts/account-texts';
import { minLength, required } from '../ui/validators';

const SHORTEST = 8;

/** A password to be, and the same once more. */
export function newPasswordControls() {
  const password = new FormControl('', {
    nonNullable: true,
    validators: [required, minLength(SHORTEST)],
  });
  const same: ValidatorFn = ({ value }) =>
    value === password.value ? null : { mismatch: accountTexts.passwordMismatch };
  const password_confirmation = new FormControl('', { nonNullable: true, validators: same });
  password.valueChanges.pipe(takeUntilDestroyed()).subscribe(() => {
    password_confirmation.updateValueAndValidity();
  });
  return { password, password_confirmation };
}
