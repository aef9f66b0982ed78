import { AbstractControl, FormControl, FormGroup } from '@angular/forms';
import { first } from 'rxjs';
import { formTexts } from '../../i18n/form-texts';
import { messagesTexts } from '../../i18n/messages-texts';
import { isBlank } from '../../phone-numbers/blank';
import { WHOLE_SENTENCE, maxLength } from '../../ui/validators';
import { Picture, WrittenMessage, isUploaded, newPicture } from '../pictures';

/** In characters, as the API counts them. */
export const MAX_CONTENT_LENGTH = 1600;
/** Of Twilio: those of two messages may come together in one form. */
const MOST_PICTURES = 10;
/** Those of a message with the longest text. */
const MOST_PICTURE_BYTES = 5_000_000 - 4 * MAX_CONTENT_LENGTH;

/** The controls have the names of the API's fields, so that its errors find them. */
export type ComposeForm = FormGroup<{
  recipient_number: FormControl<string>;
  content: FormControl<string>;
  media: FormControl<readonly Picture[]>;
}>;

/** What is wrong with it, as far as that is known: a sentence without its subject. */
export type CheckRecipient = (text: string) => { readonly error?: string } | undefined;

/** What was replaced: the others stay as they are. */
type Replaced = Partial<ReturnType<ComposeForm['getRawValue']>>;

/** The values of a form before it was replaced, the latest last, as long as it has the text that it was replaced by. */
const replaced = new WeakMap<ComposeForm, readonly Replaced[]>();

export function newComposeForm(recipient: string, check: CheckRecipient): ComposeForm {
  const form = new FormGroup({
    recipient_number: new FormControl(recipient, {
      nonNullable: true,
      validators: ({ value }: AbstractControl<string>) => {
        const error = check(value)?.error;
        return error === undefined ? null : { phoneNumber: error };
      },
    }),
    content: new FormControl('', {
      nonNullable: true,
      validators: [notBlank, maxLength(MAX_CONTENT_LENGTH), withoutNul],
    }),
    media: new FormControl<readonly Picture[]>([], { nonNullable: true, validators: uploaded }),
  });
  const { content, media } = form.controls;
  // It may be empty if there are pictures.
  media.valueChanges.subscribe(() => {
    content.updateValueAndValidity({ emitEvent: false });
  });
  return form;
}

/** Gives new pictures their places, so that the text is not sent without them; returns each with its source. */
export function addPlaces<Source>(
  form: ComposeForm,
  sources: readonly Source[],
): readonly (readonly [Picture, Source])[] {
  const additions = sources.map((source, index) => [newPicture(index), source] as const);
  const { media } = form.controls;
  media.setValue([...media.value, ...additions.map(([picture]) => picture)]);
  return additions;
}

/**
 * Replaces the value of the form; without `media`, its text alone is another one. Until its text changes, `undo` brings the
 * previous one back; and after that the one before it, so that no draft is lost to several messages in a row.
 */
export function replace(
  form: ComposeForm,
  { recipient_number, content, media }: WrittenMessage,
): void {
  const { media: pictures, ...text } = form.getRawValue();
  const earlier = replaced.get(form) ?? [];
  form.reset({ recipient_number, content, media: media ?? pictures });
  if (isBlank(text.content) && isBlank(text.recipient_number) && pictures.length === 0) return;
  keep(form, [...earlier, media ? { ...text, media: pictures } : { content: text.content }]);
}

export function canUndo(form: ComposeForm): boolean {
  return replaced.has(form);
}

export function undo(form: ComposeForm): void {
  const values = replaced.get(form) ?? [];
  const before = values.at(-1);
  if (!before) return;
  form.patchValue(before);
  keep(form, values.slice(0, -1));
}

/** Until the text changes: a forwarded message may get its recipient before. */
function keep(form: ComposeForm, values: readonly Replaced[]): void {
  replaced.delete(form);
  if (values.length === 0) return;
  replaced.set(form, values);
  const { content } = form.controls;
  const text = content.value;
  content.valueChanges.pipe(first((now) => now !== text)).subscribe(() => replaced.delete(form));
}

function notBlank({ value, parent }: AbstractControl<string>): { required: string } | null {
  const hasPictures = (parent as ComposeForm | null)?.controls.media.value.length;
  return isBlank(value) && !hasPictures ? { required: formTexts.required } : null;
}

/** No SMS can carry a NUL character, and dropping it silently would change the text. */
function withoutNul({ value }: AbstractControl<string>): { nul: string } | null {
  return value.includes('\0') && !isBlank(value) ? { nul: messagesTexts.compose.nul } : null;
}

function uploaded({ value }: AbstractControl<readonly Picture[]>): Record<string, string> | null {
  const bytes = value.reduce((sum, each) => sum + each.bytes, 0);
  const { notUploaded, tooMany } = messagesTexts.compose;
  if (value.length > MOST_PICTURES || bytes > MOST_PICTURE_BYTES)
    return { [WHOLE_SENTENCE]: tooMany };
  return value.every(isUploaded) ? null : { [WHOLE_SENTENCE]: notUploaded };
}
