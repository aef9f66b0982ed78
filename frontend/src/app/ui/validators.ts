import { AbstractControl, ValidatorFn } from '@angular/forms';
import { isBlank } from '../phone-numbers/blank';
import { formTexts } from '../i18n/form-texts';

// The value of each error is a sentence without its subject, like the API's errors.

export const required: ValidatorFn = ({ value }: AbstractControl<string>) =>
  isBlank(value) ? { required: formTexts.required } : null;

/** A password may consist of spaces. */
export const requiredPassword: ValidatorFn = ({ value }: AbstractControl<string>) =>
  value === '' ? { required: formTexts.required } : null;

/** Accepts anything that looks like an address. */
export const email: ValidatorFn = ({ value }: AbstractControl<string>) =>
  value === '' || /^[^\s@]+@[^\s@]+$/.test(value.trim()) ? null : { email: formTexts.email };

/** In code points after NFC, as the API counts the characters of a password. */
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

/** Shows the API's errors at their controls until the next edit. Returns those that belong to no control. */
export function setServerErrors(
  controls: Readonly<Record<string, AbstractControl>>,
  errors: Readonly<Record<string, readonly string[]>>,
): string[] {
  const unmatched: string[] = [];
  for (const [field, reported] of Object.entries(errors)) {
    const sentences = reported.map((sentence) => formTexts.apiErrors[sentence] ?? sentence);
    const control = controls[field];
    if (control === undefined) {
      unmatched.push(
        ...sentences.map((sentence) => formTexts.fieldError(formTexts.apiField(field), sentence)),
      );
    } else {
      control.setErrors({ server: sentences });
      control.markAsTouched();
      control.markAsDirty();
    }
  }
  return unmatched;
}

/** Whether the user has been there: a field that is still to be filled in shows no error. */
export function showsErrors({ touched, dirty, invalid }: AbstractControl): boolean {
  return touched && dirty && invalid;
}

/** The key of an error that is a sentence of its own, because it is about more than one field. */
export const WHOLE_SENTENCE = 'sentence';

/** For a field that is called `noun` in sentences. */
export function errorSentences(control: AbstractControl, noun: string): string[] {
  const { [WHOLE_SENTENCE]: sentence } = (control.errors ?? {}) as Record<string, string>;
  if (sentence) return [sentence];
  return errorMessages(control).map((message) => formTexts.fieldError(noun, message));
}

export function errorMessages(control: AbstractControl): string[] {
  const errors = Object.values(control.errors ?? {}) as (string | readonly string[])[];
  return errors.flat();
}
