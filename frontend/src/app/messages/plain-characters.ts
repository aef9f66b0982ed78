/** What phones and word processors write in place of characters that GSM-7 has. */
const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u00b4`]/g, "'"],
  [/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]/g, '"'],
  [/[\u2010-\u2015\u2212]/g, '-'],
  [/\u2026/g, '...'],
  [/\u2022/g, '*'],
  [/[\t\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, ' '],
  [/[\u00ad\u200b\u2060\ufeff]/g, ''],
];

/** The text with characters that GSM-7 has wherever that changes nothing of what it says. */
export function toPlainCharacters(text: string): string {
  return PLAIN.reduce((plain, [from, to]) => plain.replace(from, to), text.normalize('NFC'));
}

/** Whether quotation marks and apostrophes are all that `toPlainCharacters` changes. */
export function onlyQuotesChange(text: string): boolean {
  return (
    PLAIN.slice(0, 2).reduce((quoted, [from, to]) => quoted.replace(from, to), text) ===
    toPlainCharacters(text)
  );
}
