export interface Part {
  readonly text: string;
  readonly isMatch: boolean;
}

/** How much of a long text shows before the match. */
const LEAD = 24;
/** A letter with its marks: case and composition change how many units it has, but not that it is one. */
const LETTER = /\P{M}\p{M}*|\p{M}+/gu;

/** The text in parts, those that are one of the words marked; a long text from just before the first of them. */
export function marked(text: string, words: string): Part[] {
  const letters = text.match(LETTER) ?? [];
  const isMarked = marks(letters, wordsOf(words));
  const first = isMarked.indexOf(true);
  const from = first > LEAD + 8 ? first - LEAD : 0;
  const parts: Part[] = from > 0 ? [{ text: '…', isMatch: false }] : [];
  for (let start = from; start < letters.length;) {
    const isMatch = isMarked[start] === true;
    let end = start + 1;
    while (end < letters.length && isMarked[end] === isMatch) end += 1;
    parts.push({ text: letters.slice(start, end).join(''), isMatch });
    start = end;
  }
  return parts;
}

/** Whether the text has each of the words, in whatever order, as `marked` would mark them. */
export function hasWords(text: string, words: string): boolean {
  const folded = fold(text);
  return wordsOf(words).every((word) => folded.includes(word));
}

function marks(letters: readonly string[], words: readonly string[]): boolean[] {
  const folded = letters.map(fold);
  // Of each unit of the folded text, the letter that it comes from.
  const letterAt = folded.flatMap((its, letter) =>
    Array.from({ length: its.length }, () => letter),
  );
  const whole = folded.join('');
  const isMarked = letters.map(() => false);
  for (const word of words) {
    for (let at = whole.indexOf(word); at >= 0; at = whole.indexOf(word, at + word.length)) {
      for (const letter of letterAt.slice(at, at + word.length)) isMarked[letter] = true;
    }
  }
  return isMarked;
}

function wordsOf(words: string): string[] {
  return fold(words)
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** What all spellings have in common, as the API folds them: "strasse" for "Straße", "istanbul" for "İstanbul". */
function fold(text: string): string {
  return text
    .replace(/[\uff01-\uff5e]/g, (full) => String.fromCharCode(full.charCodeAt(0) - 0xfee0))
    .normalize('NFD')
    .toUpperCase()
    .toLowerCase()
    .replace(/i\u0307|ı/g, 'i')
    .replaceAll('ς', 'σ')
    .normalize('NFC');
}
