import { phoneNumberTexts, unread } from '../i18n/phone-number-texts';
import { INVISIBLE, isBlank } from './blank';

// As the API reads numbers (core/phone_numbers.py): both are tested against one table, phone_number_cases.json.

type Code = keyof typeof phoneNumberTexts | 'unread';

/** A number in E.164, or a sentence (without a subject) about what is wrong with what was written. */
export type Reading =
  | { readonly number: string; readonly code?: never; readonly sentence?: never }
  | { readonly number?: never; readonly code: Code; readonly sentence: string };

/** What only the rules of a country tell: they are large, and loaded apart. */
export interface NumberRules {
  /** What is written after + or, in a country, as it is dialled there; nothing if that can be no number anywhere. */
  parse(digits: string, country?: string): ParsedNumber | undefined;
  /** What one dials in this country to get out of it, as a part of a regular expression. */
  internationalPrefix(country: string): string;
  callingCode(country: string): string;
  /** As people in its country write it, with the country's code: nothing for what no country knows. */
  show(number: string): ShownNumber | undefined;
}

export interface ShownNumber {
  readonly text: string;
  /** ISO 3166. */
  readonly country: string | undefined;
}

export interface ParsedNumber {
  readonly number: string;
  readonly isValid: boolean;
  /** As numbers of its country go. */
  readonly length: 'possible' | 'too_short' | 'too_long' | 'wrong_length';
  /** A zero that leads it is kept as a part of it. */
  readonly keepsZero: boolean;
}

/** Where the rules decide and cannot be had. */
export const UNREAD = { code: 'unread', sentence: unread } as const;

const MAXIMUM_DIGITS = 15;
/** Characters, marks and all: what is longer is not looked into. */
const MAXIMUM_WRITTEN = 200;
/** From how many digits on a part of what was written counts as a number of its own. */
const WHOLE_NUMBER = 7;

const LINK = new RegExp(`^[${INVISIBLE}]*tel:`, 'iu');
const PLUS = /[+\u207a\u2795\ufb29\ufe62\uff0b]/u;
/** What may stand within a number, and between two. */
const PARTING = /[\t\n\v\f\r\x85\u2028\u2029/\u2215\uff0f]/u;
/** All dashes, dots, minus signs, and the prolonged sound marks that Japanese keyboards give for dashes. */
const DASH =
  /[\p{Pd}.\u00b7\u2022\u2024\u2027\u2043\u2212\u2219\u22c5\u30fb\u30fc\ufe52\uff0e\uff65\uff70]/u;
const EXTENSION =
  /^(?:[^a-z,;#\d]*\d){7}[^a-z,;#]*(?:[,;]? ?ext(?:ension|n)?|x|#|,+|;)[ .:=-]*\d{1,6}[#)]?$/u;
/** Its first digits tell how long a country code is (ITU-T E.164, Annex to Operational Bulletin 1114). */
const COUNTRY_CODE =
  '(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]' +
  '|(?:2[1-689]|3[578]|42|5[09]|6[789]|8[035789]|9[679])\\d)';
/** After the country code, a 0 or a single digit in brackets: most likely dialled at home alone. */
const TRUNK_PREFIX = new RegExp(
  `^\\+[()]*${COUNTRY_CODE}\\)?(?:(?<zero>\\(0\\))|\\(?0|\\(\\d\\))`,
  'd',
);

/**
 * Reads what people write or paste. With a country (ISO 3166), its numbers may be written as they are dialled there.
 * Whether a number exists is not judged. Answers nothing where the rules decide, and are not there.
 */
export function readNumber(
  written: string,
  country: string | undefined,
  rules: NumberRules | undefined,
): Reading | undefined {
  if (isBlank(written)) return wrong('blank');
  if (Array.from(written).length > MAXIMUM_WRITTEN) return wrong('too_long');
  const simple = simplify(written);
  const problem = whyNotOneNumber(simple);
  if (problem) return problem;
  const number = simple.replace(/[^\d+()]/g, '');
  if (number.includes('+')) return readInternational(number, rules);
  if (digitsOf(number) === '') return wrong('too_short');
  if (country === undefined) return wrong('no_country');
  return rules && readAsDialled(number, country, rules);
}

/** In ASCII what stands for digits, + and what people put around them; "|" for what may part two numbers. */
function simplify(written: string): string {
  const link = LINK.exec(written)?.[0];
  const number = link === undefined ? written : unquote(written.slice(link.length));
  return Array.from(number, simpleCharacter)
    .join('')
    .replace(/^[ |]+|[ |]+$/g, '')
    .toLowerCase();
}

function simpleCharacter(character: string): string {
  if (/\p{Nd}/u.test(character)) return String(decimal(character));
  if (PLUS.test(character)) return '+';
  if (PARTING.test(character)) return '|';
  if (DASH.test(character)) return '-';
  if (/\p{Ps}/u.test(character)) return '(';
  if (/\p{Pe}/u.test(character)) return ')';
  if (/\p{Zs}/u.test(character)) return ' ';
  return isBlank(character) ? '' : character;
}

/** Unicode has the digits of each script in a row, from 0 to 9. */
function decimal(digit: string): number {
  const point = digit.codePointAt(0) ?? 0;
  let start = point;
  while (/\p{Nd}/u.test(String.fromCodePoint(start - 1))) start -= 1;
  return (point - start) % 10;
}

function unquote(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function whyNotOneNumber(simple: string): Reading | undefined {
  if (EXTENSION.test(simple)) return wrong('extension');
  const parts = simple.split(/[^\d() -]/u).map(digitsOf);
  const numbers = parts.filter((part) => part.length >= WHOLE_NUMBER);
  if (numbers.length > 1 && parts.join('').length > MAXIMUM_DIGITS) return wrong('two_numbers');
  const other = simple.replace(/[\d+() |-]/g, '');
  if (/\p{L}/u.test(other)) return wrong('letters');
  const [character] = other;
  if (character !== undefined) return wrong('unexpected_character', { character });
  return /^(?:[^\d+]*\+)?[^+]*$/.test(simple) ? undefined : wrong('misplaced_plus');
}

/** `number` is made of one +, digits and brackets. */
function readInternational(number: string, rules: NumberRules | undefined): Reading | undefined {
  const typed = '+' + digitsOf(number);
  const international = number.slice(number.indexOf('+'));
  const trunk = TRUNK_PREFIX.exec(international) ?? TRUNK_PREFIX.exec(typed);
  if (!trunk) return asE164(typed);
  if (!rules) return undefined;
  const asTyped = rules.parse(typed);
  const zero = trunk.indices?.groups?.['zero'];
  // In Italy and elsewhere the zero is part of the number; where it is not, brackets say so.
  const isTrunkZero = zero && !asTyped?.isValid;
  const kept = isTrunkZero
    ? '+' + digitsOf(international.slice(0, zero[0]) + international.slice(zero[1]))
    : typed;
  const read = (isTrunkZero ? rules.parse(kept) : asTyped)?.number ?? kept;
  // Until nothing changes: the one spelling of a number is its own one spelling.
  return read === kept ? asE164(read) : readInternational(read, rules);
}

/** `number` is made of digits and brackets. */
function readAsDialled(number: string, country: string, rules: NumberRules): Reading | undefined {
  const digits = digitsOf(number);
  const prefix = new RegExp(`^(?:${rules.internationalPrefix(country)}|00)(?=[1-9])`);
  const abroad = prefix.exec(digits)?.[0].length;
  if (abroad) {
    return readInternational(
      '+' + number.replace(new RegExp(`^(?:[()]*\\d){${abroad}}`), ''),
      rules,
    );
  }
  const parsed = rules.parse(digits, country);
  // The rules of a few countries allow for more than E.164 does.
  if (parsed?.length === 'possible' && digitsOf(parsed.number).length > MAXIMUM_DIGITS) {
    return wrongLength('too_long', country, rules);
  }
  if (parsed?.length === 'possible' && (parsed.isValid || !parsed.keepsZero)) {
    return { number: parsed.number };
  }
  const tooLong = digits.length < MAXIMUM_DIGITS ? 'too_short' : 'too_long';
  const length = parsed?.length === 'possible' ? 'wrong_length' : (parsed?.length ?? tooLong);
  return wrongLength(length, country, rules);
}

function wrongLength(
  length: Exclude<ParsedNumber['length'], 'possible'>,
  country: string,
  rules: NumberRules,
): Reading {
  const name = `${country} (+${rules.callingCode(country)})`;
  return wrong(`${length}_in_country`, { country: name });
}

function asE164(number: string): Reading {
  const digits = number.slice(1);
  if (digits.startsWith('0')) return wrong('zero_after_plus');
  if (digits.length < 2) return wrong('too_short');
  return digits.length > MAXIMUM_DIGITS ? wrong('too_long') : { number };
}

function wrong(
  code: keyof typeof phoneNumberTexts,
  placeholders: Readonly<Record<string, string>> = {},
): Reading {
  const sentence = phoneNumberTexts[code].replace(
    /\{(\w+)\}/g,
    (_, name: string) => placeholders[name] ?? '',
  );
  return { code, sentence };
}

function digitsOf(text: string): string {
  return text.replace(/\D/g, '');
}
