import { Signal, signal } from '@angular/core';
import { NumberRules, readNumber } from './parse-phone-number';

const E164 = /^\+[1-9]\d{1,14}$/;
const TWO_DIGIT_COUNTRY = /^(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/**
 * E.164 out of what stands in an address, or nothing where digits alone do not say what is meant. What is spelt as
 * numbers are kept is that number, whatever the rules of its country say.
 */
export function toE164(written: string): string | undefined {
  if (E164.test(written)) return written;
  // In an address, an unescaped + means a space.
  return readNumber(written.replace(/^ +(?=\d)/, '+'), undefined, undefined)?.number;
}

const loaded = signal<NumberRules | undefined>(undefined);

/** Nothing until they are loaded. */
export const numberRules = loaded.asReadonly();

/**
 * "+44 20 7946 0958": as its country groups it, once that is known, and simply before. What is no E.164 number stays as
 * it is. It reads a signal: what shows a number follows.
 */
export const readable = readerBy(numberRules);

/** The rules of all countries are large: they come after the page. If they cannot come, numbers stay simple. */
export async function loadNumberRules(): Promise<void> {
  const file = await import('./phone-number-rules').catch(() => undefined);
  if (file) loaded.set(file.rules);
}

export function readerBy(
  rules: Signal<Pick<NumberRules, 'show'> | undefined>,
): (number: string) => string {
  const known = new Map<string, string>();
  return (number) => {
    const national = rules();
    if (!E164.test(number)) return number;
    if (!national) return inGroups(number);
    const written = known.get(number) ?? national.show(number)?.text ?? inGroups(number);
    known.set(number, written);
    return written;
  };
}

/** The country's code, and the rest as it can be read out. */
function inGroups(number: string): string {
  const digits = number.slice(1);
  const country =
    /^[17]/.exec(digits)?.[0] ?? TWO_DIGIT_COUNTRY.exec(digits)?.[0] ?? digits.slice(0, 3);
  const groups = [];
  let left = digits.slice(country.length);
  while (left.length > 4) {
    groups.push(left.slice(0, 3));
    left = left.slice(3);
  }
  return ['+' + country, ...groups, left].join(' ').trim();
}
