import { phoneNumberTexts, rulesUnavailable } from '../i18n/phone-number-texts';
import { INVISIBLE, isBlank } from './blank';

// Parses as the API does (core/phone_numbers.py): both are tested against one table, phone_number_cases.json.

type Code = keyof typeof phoneNumberTexts | 'rules_unavailable';

/** A number in E.164, or what is wrong with the text: a sentence without its subject. */
export type PhoneNumberResult =
  | { readonly number: string; readonly code?: never; readonly error?: never }
  | { readonly number?: never; readonly code: Code; readonly error: string };

/** The rules of the countries. They are large and loaded separately. */
export interface PhoneNumberRules {
  /** Parses digits after +, or as dialled in a country; undefined if they can be no number anywhere. */
  parse(digits: string, country?: string): ParsedNumber | undefined;
  /** The prefix of international calls from this country, as a part of a regular expression. */
  internationalPrefix(country: string): string;
  callingCode(country: string): string;
  /** ISO 3166, in no particular order. */
  readonly countries: readonly string[];
  /** As written in its country, with the country code; undefined if it belongs to no country. */
  format(number: string): FormattedNumber | undefined;
}

export interface FormattedNumber {
  readonly text: string;
  /** ISO 3166. */
  readonly country: string | undefined;
}

export interface ParsedNumber {
  readonly number: string;
  readonly isValid: boolean;
  /** Compared with the numbers of its country. */
  readonly length: 'possible' | 'too_short' | 'too_long' | 'wrong_length';
  /** Its leading zero is a part of it. */
  readonly keepsZero: boolean;
}

/** The rules decide, and cannot be loaded. */
export const RULES_UNAVAILABLE = { code: 'rules_unavailable', error: rulesUnavailable } as const;

const MAXIMUM_DIGITS = 15;
/** In characters of any kind: a longer text is not parsed. */
const MAXIMUM_LENGTH = 200;
/** A part of the text with at least so many digits counts as a number of its own. */
const WHOLE_NUMBER = 7;

const LINK = new RegExp(`^[${INVISIBLE}]*tel:`, 'iu');
export const PLUS = /[+\u207a\u2795\ufb29\ufe62\uff0b]/u;
/** Separators within a number, or between two. */
const SEPARATOR = /[\t\n\v\f\r\x85\u2028\u2029/\u2215\uff0f]/u;
/** All dashes, dots, minus signs, and the prolonged sound marks that Japanese keyboards give for dashes. */
const DASH =
  /[\p{Pd}.\u00b7\u2022\u2024\u2027\u2043\u2212\u2219\u22c5\u30fb\u30fc\ufe52\uff0e\uff65\uff70]/u;
const EXTENSION =
  /^(?:[^a-z,;#\d]*\d){7}[^a-z,;#]*(?:[,;]? ?ext(?:ension|n)?|x|#|,+|;)[ .:=-]*\d{1,6}[#)]?$/u;
/** The first digits determine the length of a country code (ITU-T E.164, Annex to Operational Bulletin 1114). */
const COUNTRY_CODE =
  '(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]' +
  '|(?:2[1-689]|3[578]|42|5[09]|6[789]|8[035789]|9[679])\\d)';
/** A 0 or a single digit in brackets after the country code is most likely dialled within the country only. */
const TRUNK_PREFIX = new RegExp(
  `^\\+[()]*${COUNTRY_CODE}\\)?(?:(?<zero>\\(0\\))|\\(?0|\\(\\d\\))`,
  'd',
);

/**
 * Parses what people type or paste. With a country (ISO 3166), the number may be written as it is dialled there. Does
 * not check whether the number exists. Returns undefined if the rules decide and are not given.
 */
export function parsePhoneNumber(
  text: string,
  country: string | undefined,
  rules: PhoneNumberRules | undefined,
): PhoneNumberResult | undefined {
  if (isBlank(text)) return invalid('blank');
  if (Array.from(text).length > MAXIMUM_LENGTH) return invalid('too_long');
  const simple = simplify(text);
  const problem = problemOf(simple);
  if (problem) return problem;
  const number = simple.replace(/[^\d+()]/g, '');
  if (number.includes('+')) return parseInternational(number, rules);
  if (digitsOf(number) === '') return invalid('too_short');
  if (country === undefined) return invalid('no_country');
  return rules && parseNational(number, country, rules);
}

/** Replaces digits, plus signs and punctuation of all kinds by ASCII, and possible separators of two numbers by "|". */
function simplify(text: string): string {
  const link = LINK.exec(text)?.[0];
  const number = link === undefined ? text : unquote(text.slice(link.length));
  return Array.from(number, simpleCharacter)
    .join('')
    .replace(/^[ |]+|[ |]+$/g, '')
    .toLowerCase();
}

function simpleCharacter(character: string): string {
  if (/\p{Nd}/u.test(character)) return String(decimal(character));
  if (PLUS.test(character)) return '+';
  if (SEPARATOR.test(character)) return '|';
  if (DASH.test(character)) return '-';
  if (/\p{Ps}/u.test(character)) return '(';
  if (/\p{Pe}/u.test(character)) return ')';
  if (/\p{Zs}/u.test(character)) return ' ';
  return isBlank(character) ? '' : character;
}

/** In Unicode, the digits of each script are consecutive, from 0 to 9. */
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

function problemOf(simple: string): PhoneNumberResult | undefined {
  if (EXTENSION.test(simple)) return invalid('extension');
  const parts = simple.split(/[^\d() -]/u).map(digitsOf);
  const numbers = parts.filter((part) => part.length >= WHOLE_NUMBER);
  if (numbers.length > 1 && parts.join('').length > MAXIMUM_DIGITS) return invalid('two_numbers');
  const other = simple.replace(/[\d+() |-]/g, '');
  if (/\p{L}/u.test(other)) return invalid('letters');
  const [character] = other;
  if (character !== undefined) return invalid('unexpected_character', { character });
  return /^(?:[^\d+]*\+)?[^+]*$/.test(simple) ? undefined : invalid('misplaced_plus');
}

/** `number` consists of one +, digits and brackets. */
function parseInternational(
  number: string,
  rules: PhoneNumberRules | undefined,
): PhoneNumberResult | undefined {
  const typed = '+' + digitsOf(number);
  const international = number.slice(number.indexOf('+'));
  const trunk = TRUNK_PREFIX.exec(international) ?? TRUNK_PREFIX.exec(typed);
  if (!trunk) return asE164(typed);
  if (!rules) return undefined;
  const asTyped = rules.parse(typed);
  const zero = trunk.indices?.groups?.['zero'];
  // In Italy and elsewhere the zero is part of the number; elsewhere people put it in brackets.
  const isTrunkZero = zero && !asTyped?.isValid;
  const kept = isTrunkZero
    ? '+' + digitsOf(international.slice(0, zero[0]) + international.slice(zero[1]))
    : typed;
  const read = (isTrunkZero ? rules.parse(kept) : asTyped)?.number ?? kept;
  // Repeated until nothing changes, so that parsing the result again gives the same result.
  return read === kept ? asE164(read) : parseInternational(read, rules);
}

/** `number` consists of digits and brackets. */
function parseNational(
  number: string,
  country: string,
  rules: PhoneNumberRules,
): PhoneNumberResult | undefined {
  const digits = digitsOf(number);
  const prefix = new RegExp(`^(?:${rules.internationalPrefix(country)}|00)(?=[1-9])`);
  const abroad = prefix.exec(digits)?.[0].length;
  if (abroad) {
    return parseInternational(
      '+' + number.replace(new RegExp(`^(?:[()]*\\d){${abroad}}`), ''),
      rules,
    );
  }
  const parsed = rules.parse(digits, country);
  // The rules of a few countries allow more digits than E.164 does.
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
  rules: PhoneNumberRules,
): PhoneNumberResult {
  const name = `${country} (+${rules.callingCode(country)})`;
  return invalid(`${length}_in_country`, { country: name });
}

function asE164(number: string): PhoneNumberResult {
  const digits = number.slice(1);
  if (digits.startsWith('0')) return invalid('zero_after_plus');
  if (digits.length < 2) return invalid('too_short');
  return digits.length > MAXIMUM_DIGITS ? invalid('too_long') : { number };
}

function invalid(
  code: keyof typeof phoneNumberTexts,
  placeholders: Readonly<Record<string, string>> = {},
): PhoneNumberResult {
  const error = phoneNumberTexts[code].replace(
    /\{(\w+)\}/g,
    (_, name: string) => placeholders[name] ?? '',
  );
  return { code, error };
}

function digitsOf(text: string): string {
  return text.replace(/\D/g, '');
}
