import { wholeNumber } from './formats';
import { locale } from './locale';
import { whenNeeded } from './when-needed';

const rules = whenNeeded(() => new Intl.PluralRules(locale));

/** The forms of one text; a language has more or fewer of them, and always `other`. `#` stands for the number. */
export type PluralForms = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };

/** "1 message", "1,234 messages". */
export function plural(count: number, forms: PluralForms): string {
  return formFor(count, forms).replace('#', wholeNumber(count));
}

export interface Split {
  readonly before: string;
  readonly after: string;
}

/** Splits a text at its `#`, for a template to show an element there, wherever a language has it. */
export function splitAtPlaceholder(text: string): Split {
  const [before = '', after = ''] = text.split('#', 2);
  return { before, after };
}

/** As `plural`, for a template to show the number in an element of its own. */
export function splitPlural(
  count: number,
  forms: PluralForms,
): Split & { readonly number: string } {
  return { ...splitAtPlaceholder(formFor(count, forms)), number: wholeNumber(count) };
}

function formFor(count: number, forms: PluralForms): string {
  return forms[rules().select(count)] ?? forms.other;
}
