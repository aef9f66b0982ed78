import { AbstractControl, ValidatorFn } from '@angular/forms';
import { isBlank } from '../phone-numbers/blank';
import { formTexts } from '../i18n/form-texts';

// The value of each error is its sentence, without a subject: just as the API words them.

export const required: ValidatorFn = ({ value }: AbstractControl<string>) =>
  isBlank(value) ? { required: formTexts.required } : null;

/** Spaces are as good as any other characters of a password. */
export const requiredPassword: ValidatorFn = ({ value }: AbstractControl<string>) =>
  value === '' ? { required: formTexts.required } : null;

/** The mail server judges the rest. */
export const email: ValidatorFn = ({ value }: AbstractControl<string>) =>
  value === '' || /^[^\s@]+@[^\s@]+$/.test(value.trim()) ? null : { email: formTexts.email };

/** Of a password, in characters, as the API counts them: after NFC, and an emoji once. */
export function passwordLength(minimum: number, maximum: number): ValidatorFn {
  return ({ value }: AbstractControl<string>) => {
    const length = Array.from(value.normalize('NFC')).length;
    if (length > maximum) return { maxLength: formTexts.tooLong(maximum) };
    return length === 0 || length >= minimum ? null : { minLength: formTexts.tooShort(minimum) };
  };
}

export function maxLength(maximum: number): ValidatorFn {
  return ({ value }: AbstractControl<string>) =>
    Array.from(value).length > maximum ? { maxLength: formTexts.tooLong(maximum) } : null;
}

/** Puts the sentences of the API at its controls; they go with the next edit. Answers the others. */
export function setServerErrors(
  controls: Readonly<Record<string, AbstractControl>>,
  errors: Readonly<Record<string, readonly string[]>>,
): string[] {
  const homeless: string[] = [];
  for (const [field, sentences] of Object.entries(errors)) {
    const control = controls[field];
    if (control === undefined) {
      homeless.push(...sentences.map((sentence) => formTexts.wrong(field, sentence)));
    } else {
      control.setErrors({ server: sentences });
      control.markAsTouched();
      control.markAsDirty();
    }
  }
  return homeless;
}

export function sentencesOf(control: AbstractControl): string[] {
  const errors = Object.values(control.errors ?? {}) as (string | readonly string[])[];
  return errors.flat();
}
