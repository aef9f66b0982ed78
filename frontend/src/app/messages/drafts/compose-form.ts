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

/** The values of a form before it was replaced, the latest last, as long as it is what it was replaced by. */
const replaced = new WeakMap<ComposeForm, readonly NewMessage[]>();

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

/**
 * Replaces the value of the form. Until the next change, `undo` brings the previous one back; and after that the one
 * before it, so that no draft is lost to several messages in a row.
 */
export function replace(form: ComposeForm, { recipient_number, content }: NewMessage): void {
  const before = form.getRawValue();
  const earlier = replaced.get(form) ?? [];
  form.reset({ recipient_number, content });
  if (isBlank(before.content) && isBlank(before.recipient_number)) return;
  keep(form, [...earlier, before]);
}

export function canUndo(form: ComposeForm): boolean {
  return replaced.has(form);
}

export function undo(form: ComposeForm): void {
  const values = replaced.get(form) ?? [];
  const before = values.at(-1);
  if (!before) return;
  form.setValue(before);
  keep(form, values.slice(0, -1));
}

/** Until the form changes. */
function keep(form: ComposeForm, values: readonly NewMessage[]): void {
  replaced.delete(form);
  if (values.length === 0) return;
  replaced.set(form, values);
  const { recipient_number, content } = form.getRawValue();
  const isChanged = (): boolean => {
    const now = form.getRawValue();
    return now.content !== content || now.recipient_number !== recipient_number;
  };
  form.valueChanges.pipe(first(isChanged)).subscribe(() => replaced.delete(form));
}

function notBlank({ value }: AbstractControl<string>): { required: string } | null {
  return isBlank(value) ? { required: formTexts.required } : null;
}

/** No SMS can carry a NUL character, and dropping it silently would change the text. */
function withoutNul({ value }: AbstractControl<string>): { nul: string } | null {
  return value.includes('\0') && !isBlank(value) ? { nul: messagesTexts.compose.nul } : null;
}
