import { AbstractControl, FormControl, FormGroup } from '@angular/forms';
import { messagingTexts } from '../texts/messaging-texts';
import { maxLength, required } from '../ui/validators';
import { toE164 } from './phone-number';

const LONGEST_MESSAGE = 1600;

/** A message in the making. Its names are those of the API, and so are its errors. */
export type ComposeForm = FormGroup<{
  recipient_number: FormControl<string>;
  content: FormControl<string>;
}>;

export function newComposeForm(recipient: string): ComposeForm {
  return new FormGroup({
    recipient_number: new FormControl(recipient, {
      nonNullable: true,
      validators: [required, phoneNumber],
    }),
    content: new FormControl('', {
      nonNullable: true,
      validators: [required, maxLength(LONGEST_MESSAGE)],
    }),
  });
}

function phoneNumber({ value }: AbstractControl<string>): { phoneNumber: string } | null {
  return value.trim() === '' || toE164(value)
    ? null
    : { phoneNumber: messagingTexts.compose.phoneNumberError };
}
