/** Accents, and points of Hebrew and Arabic, as for the API (core/words.py). In other scripts, marks are a part of a word. */
const MARKS = /(?![\u3099\u309a])[\p{sc=Zinh}\u0591-\u05bd\u05bf-\u05c7\u0640\u0656-\u065f]/gu;

/** What Unicode does not decompose, as for the API. */
export const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ı: 'i',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ħ: 'h',
  ŧ: 't',
  æ: 'ae',
  œ: 'oe',
  ß: 'ss',
  ς: 'σ',
};

/** What a name, or a search for one, is compared by: its words without case, accents and punctuation. */
export function wordsOfName(text: string): string[] {
  const folded = text
    .normalize('NFKD')
    .replace(MARKS, '')
    .toLowerCase()
    .replace(/\P{ASCII}/gu, (letter) => PLAIN_LETTERS[letter] ?? letter);
  return folded.match(/[\p{L}\p{M}\p{N}\p{S}]+/gu) ?? [];
}
