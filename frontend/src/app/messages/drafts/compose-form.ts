import { AbstractControl, FormControl, FormGroup } from '@angular/forms';
import { first } from 'rxjs';
import { NewMessage } from '../../api/models';
import { isBlank } from '../../phone-numbers/blank';
import { Reading } from '../../phone-numbers/parse-phone-number';
import { formTexts } from '../../i18n/form-texts';
import { messagingTexts } from '../../i18n/messages-texts';
import { maxLength } from '../../ui/validators';

const LONGEST_MESSAGE = 1600;

/** A message in the making. Its names are those of the API, and so are its errors. */
export type ComposeForm = FormGroup<{
  recipient_number: FormControl<string>;
  content: FormControl<string>;
}>;

/** Reads a number; answers nothing where it is not known yet what decides. */
export type ReadNumber = (written: string) => Reading | undefined;

/** What was in a form before it was cleared, or another message was put there. */
const replaced = new WeakMap<ComposeForm, NewMessage>();

export function newComposeForm(recipient: string, read: ReadNumber): ComposeForm {
  return new FormGroup({
    recipient_number: new FormControl(recipient, {
      nonNullable: true,
      validators: ({ value }: AbstractControl<string>) => {
        const sentence = read(value)?.sentence;
        return sentence === undefined ? null : { phoneNumber: sentence };
      },
    }),
    content: new FormControl('', {
      nonNullable: true,
      validators: [visible, maxLength(LONGEST_MESSAGE), withoutNul],
    }),
  });
}

/** Puts other words, and perhaps another number, in the place of what is there. Until the next change it can be undone. */
export function replace(form: ComposeForm, { recipient_number, content }: NewMessage): void {
  const before = form.getRawValue();
  form.reset({ recipient_number, content });
  if (isBlank(before.content)) return;
  replaced.set(form, before);
  const isOther = (): boolean => {
    const now = form.getRawValue();
    return now.content !== content || now.recipient_number !== recipient_number;
  };
  form.valueChanges.pipe(first(isOther)).subscribe(() => replaced.delete(form));
}

export function canUndo(form: ComposeForm): boolean {
  return replaced.has(form);
}

export function undo(form: ComposeForm): void {
  const before = replaced.get(form);
  if (before) form.setValue(before);
}

function visible({ value }: AbstractControl<string>): { required: string } | null {
  return isBlank(value) ? { required: formTexts.required } : null;
}

/** No SMS can carry it, and what is sent is what was written. */
function withoutNul({ value }: AbstractControl<string>): { nul: string } | null {
  return value.includes('\0') && !isBlank(value) ? { nul: messagingTexts.compose.nul } : null;
}
