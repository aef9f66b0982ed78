const FALLBACK = 'en-GB';
// Browsers also list values that are no language tags, such as "en-US@posix" and "en_US", and Intl throws at them: only
// the language and region are taken.
const ENGLISH = /^en(?:[-_]([a-z]{2}|\d{3}))?(?![a-z\d])/i;

/** The texts are English; dates and numbers are written as in the user's own English-speaking region. */
export const locale = localeOf((navigator as Partial<Navigator>).languages);

/** The first English language that the browser lists, with its region: always one that Intl knows. */
export function localeOf(languages: readonly string[] = []): string {
  const found = languages.map((language) => ENGLISH.exec(language)).find((match) => match !== null);
  if (!found) return FALLBACK;
  return found[1] ? `en-${found[1]}` : 'en';
}
