import { AbstractControl, FormControl, FormGroup } from '@angular/forms';
import { first } from 'rxjs';
import { NewMessage } from '../../api/models';
import { formTexts } from '../../i18n/form-texts';
import { messagesTexts } from '../../i18n/messages-texts';
import { isBlank } from '../../phone-numbers/blank';
import { PhoneNumberResult } from '../../phone-numbers/parse-phone-number';
import { maxLength } from '../../ui/validators';

/** In characters, as the API counts them. */
export const MAX_CONTENT_LENGTH = 1600;

/** The controls have the names of the API's fields, so that its errors find them. */
export type ComposeForm = FormGroup<{
  recipient_number: FormControl<string>;
  content: FormControl<string>;
}>;

/** Returns undefined while it is unknown what decides. */
export type ParseRecipient = (text: string) => PhoneNumberResult | undefined;

/** The value of a form before it was cleared or replaced. */
const replaced = new WeakMap<ComposeForm, NewMessage>();

export function newComposeForm(recipient: string, parse: ParseRecipient): ComposeForm {
  return new FormGroup({
    recipient_number: new FormControl(recipient, {
      nonNullable: true,
      validators: ({ value }: AbstractControl<string>) => {
        const error = parse(value)?.error;
        return error === undefined ? null : { phoneNumber: error };
      },
    }),
    content: new FormControl('', {
      nonNullable: true,
      validators: [notBlank, maxLength(MAX_CONTENT_LENGTH), withoutNul],
    }),
  });
}

/** Replaces the value of the form. Until the next change, `undo` brings the previous one back. */
export function replace(form: ComposeForm, { recipient_number, content }: NewMessage): void {
  const before = form.getRawValue();
  form.reset({ recipient_number, content });
  if (isBlank(before.content)) return;
  replaced.set(form, before);
  const isChanged = (): boolean => {
    const now = form.getRawValue();
    return now.content !== content || now.recipient_number !== recipient_number;
  };
  form.valueChanges.pipe(first(isChanged)).subscribe(() => replaced.delete(form));
}

export function canUndo(form: ComposeForm): boolean {
  return replaced.has(form);
}

export function undo(form: ComposeForm): void {
  const before = replaced.get(form);
  if (before) form.setValue(before);
}

function notBlank({ value }: AbstractControl<string>): { required: string } | null {
  return isBlank(value) ? { required: formTexts.required } : null;
}

/** No SMS can carry a NUL character, and dropping it silently would change the text. */
function withoutNul({ value }: AbstractControl<string>): { nul: string } | null {
  return value.includes('\0') && !isBlank(value) ? { nul: messagesTexts.compose.nul } : null;
}
