import { Signal, signal } from '@angular/core';
import { PhoneNumberRules, parsePhoneNumber } from './parse-phone-number';

const E164 = /^\+[1-9]\d{1,14}$/;
const TWO_DIGIT_COUNTRY = /^(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/**
 * The E.164 number in a page's address; undefined where the digits alone do not say which one is meant. A number that is
 * already in E.164 stays as it is, whatever the rules of its country say.
 */
export function toE164(text: string): string | undefined {
  if (E164.test(text)) return text;
  // In an address, an unescaped + means a space.
  return parsePhoneNumber(text.replace(/^ +(?=\d)/, '+'), undefined, undefined)?.number;
}

const loaded = signal<PhoneNumberRules | undefined>(undefined);

/** undefined until they are loaded. */
export const phoneNumberRules = loaded.asReadonly();

/**
 * "+44 20 7946 0958": grouped as in its country once the rules are loaded, and simply before. Anything but an E.164
 * number stays as it is. Reads a signal, so that what shows a number follows.
 */
export const formatPhoneNumber = createFormatter(phoneNumberRules);

/** The rules of all countries are large: they are loaded after the page. If that fails, numbers stay grouped simply. */
export async function loadPhoneNumberRules(): Promise<void> {
  const file = await import('./phone-number-rules').catch(() => undefined);
  if (file) loaded.set(file.rules);
}

export function createFormatter(
  rules: Signal<Pick<PhoneNumberRules, 'format'> | undefined>,
): (number: string) => string {
  const known = new Map<string, string>();
  return (number) => {
    const national = rules();
    if (!E164.test(number)) return number;
    if (!national) return groupSimply(number);
    const text = known.get(number) ?? national.format(number)?.text ?? groupSimply(number);
    known.set(number, text);
    return text;
  };
}

/** The country code, and the rest in groups that can be read out. */
function groupSimply(number: string): string {
  const digits = number.slice(1);
  const country =
    /^[17]/.exec(digits)?.[0] ?? TWO_DIGIT_COUNTRY.exec(digits)?.[0] ?? digits.slice(0, 3);
  const groups = [];
  let rest = digits.slice(country.length);
  while (rest.length > 4) {
    groups.push(rest.slice(0, 3));
    rest = rest.slice(3);
  }
  return ['+' + country, ...groups, rest].join(' ').trim();
}
