const FALLBACK = 'en-GB';
// Browsers also list what is no language tag, as "en-US@posix" and "en_US", of which Intl throws: what is sure is taken.
const ENGLISH = /^en(?:[-_]([a-z]{2}|\d{3}))?(?![a-z\d])/i;

/** The texts are English; of the English ways to write a date, the reader's own. */
export const locale = localeOf((navigator as Partial<Navigator>).languages);

/** Of what the browser lists, the first that is English, with its region: always one that Intl knows. */
export function localeOf(languages: readonly string[] = []): string {
  const found = languages.map((language) => ENGLISH.exec(language)).find((match) => match !== null);
  if (!found) return FALLBACK;
  return found[1] ? `en-${found[1]}` : 'en';
}
