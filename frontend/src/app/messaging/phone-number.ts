import { Signal, signal } from '@angular/core';

const E164 = /^\+[1-9]\d{1,14}$/;
const TWO_DIGIT_COUNTRY = /^(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

type Format = (number: string) => string | undefined;

/** E.164 out of what people write, or nothing when it cannot be meant. */
export function toE164(written: string): string | undefined {
  const number = written.replace(/[\s.\-()]/g, '');
  return E164.test(number) ? number : undefined;
}

const national = signal<Format | undefined>(undefined);

/**
 * "+44 20 7946 0958": as its country groups it, once that is known, and simply before. What is no E.164 number stays as
 * it is. It reads a signal: what shows a number follows.
 */
export const readable = readerBy(national);

/** The rules of all countries are large: they come after the page. If they cannot come, numbers stay simple. */
export async function loadNationalFormats(): Promise<void> {
  const rules = await import('./national-format').catch(() => undefined);
  national.set(rules?.nationalFormat);
}

export function readerBy(national: Signal<Format | undefined>): (number: string) => string {
  const known = new Map<string, string>();
  return (number) => {
    const format = national();
    if (!E164.test(number)) return number;
    if (!format) return inGroups(number);
    const written = known.get(number) ?? format(number) ?? inGroups(number);
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
