/** The texts are English; of the English ways to write a date, the reader's own. */
export const locale = navigator.languages.find((language) => /^en\b/.test(language)) ?? 'en-GB';
