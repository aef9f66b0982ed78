/** Accents, and points of Hebrew and Arabic, as for the API (messages/words.py). In other scripts, marks are a part of a word. */
const MARKS = /(?![\u3099\u309a])[\p{sc=Zinh}\u0591-\u05bd\u05bf-\u05c7\u0640\u0656-\u065f]/gu;

/** What a name, or a search for one, is compared by: its words without case, accents and punctuation. */
export function wordsOfName(text: string): string[] {
  const folded = text.normalize('NFKD').replace(MARKS, '').toLocaleLowerCase();
  return folded.split(/[^\p{L}\p{M}\p{N}\p{S}]+/u).filter((word) => word !== '');
}
