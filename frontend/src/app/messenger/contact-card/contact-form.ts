import {
  AbstractControl,
  FormControl,
  FormGroup,
  ValidationErrors,
  ValidatorFn,
} from '@angular/forms';
import {
  ConsentMethod,
  ContactInput,
  splitLabels,
  tidy,
  withLabels,
} from '../../contacts/contact-input';
import { contactTexts } from '../../i18n/contact-texts';
import { formTexts } from '../../i18n/form-texts';
import { required } from '../../ui/validators';

/** The API's limits. */
const MAX_NAME = 100;
const MAX_NOTE = 2000;
const MAX_LABEL = 40;
const MAX_LABELS = 20;
const MAX_SOURCE = 200;

export type ContactForm = FormGroup<{
  name: FormControl<string>;
  note: FormControl<string>;
  labels: FormControl<readonly string[]>;
  label: FormControl<string>;
  method: FormControl<ConsentMethod | ''>;
  at: FormControl<string>;
  source: FormControl<string>;
}>;

export function newContactForm(input: ContactInput): ContactForm {
  const form: ContactForm = new FormGroup({
    name: control(input.name, required, atMost(MAX_NAME)),
    note: control(input.note, atMost(MAX_NOTE)),
    labels: new FormControl(input.labels, { nonNullable: true, validators: fewLabels }),
    label: control(input.label, shortLabels),
    method: new FormControl(input.method, { nonNullable: true }),
    at: control(input.at, required),
    source: control(input.source, required, atMost(MAX_SOURCE)),
  });
  const { method, at, source } = form.controls;
  const askForConsent = (): void => {
    for (const each of [at, source]) {
      if (method.value) each.enable({ emitEvent: false });
      else each.disable({ emitEvent: false });
    }
  };
  askForConsent();
  method.valueChanges.subscribe(askForConsent);
  return form;
}

/** Takes what is typed as a label into the labels; one that is too long stays where it can be shortened. */
export function addTypedLabel({ controls: { labels, label } }: ContactForm): void {
  if (label.invalid) return;
  labels.setValue(withLabels(labels.value, label.value));
  label.setValue('');
}

function control(value: string, ...validators: ValidatorFn[]): FormControl<string> {
  return new FormControl(value, { nonNullable: true, validators });
}

function atMost(maximum: number): ValidatorFn {
  return ({ value }: AbstractControl<string>) => errorOfLength(maximum, value);
}

/** Counts as the API does, which ignores white space around a text. */
function errorOfLength(maximum: number, text: string): ValidationErrors | null {
  const { length } = Array.from(tidy(text));
  return length > maximum ? { maxLength: formTexts.tooLong(maximum) } : null;
}

const shortLabels: ValidatorFn = ({ value }: AbstractControl<string>) =>
  splitLabels(value)
    .map((label) => errorOfLength(MAX_LABEL, label))
    .find((errors) => errors !== null) ?? null;

const fewLabels: ValidatorFn = ({ value }: AbstractControl<readonly string[]>) =>
  value.length > MAX_LABELS ? { maxLabels: contactTexts.form.tooManyLabels(MAX_LABELS) } : null;
