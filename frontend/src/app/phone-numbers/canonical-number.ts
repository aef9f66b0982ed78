/**
 * The one of several spellings of a number that stands for all of them: mobile numbers of Mexico and Argentina are written with
 * and without a digit after the country code.
 */
export function canonicalNumber(number: string): string {
  return number.replace(/^(?:(\+52)1|(\+54)9)/, '$1$2');
}
