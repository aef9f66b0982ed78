const E164 = /^\+[1-9]\d{1,14}$/;
const TWO_DIGIT_COUNTRY = /^(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/** E.164 out of what people write, or nothing when it cannot be meant. */
export function toE164(written: string): string | undefined {
  const number = written.replace(/[\s.\-()]/g, '');
  return E164.test(number) ? number : undefined;
}

/** "+1 415 555 2671": in groups that can be read out. What is no E.164 number stays as it is. */
export function readable(number: string): string {
  if (!E164.test(number)) return number;
  const digits = number.slice(1);
  const country =
    /^[17]/.exec(digits)?.[0] ?? TWO_DIGIT_COUNTRY.exec(digits)?.[0] ?? digits.slice(0, 3);
  const rest = digits.slice(country.length);
  return ['+' + country, ...inGroups(rest)].join(' ').trim();
}

function inGroups(digits: string): string[] {
  const groups: string[] = [];
  let left = digits;
  while (left.length > 4) {
    groups.push(left.slice(0, 3));
    left = left.slice(3);
  }
  return left === '' ? groups : [...groups, left];
}
