import { locale } from './locale';

/** Of an ISO 3166 code. */
export function countryName(code: string): string {
  return new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code;
}
