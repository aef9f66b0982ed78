export interface TextPart {
  readonly text: string;
  readonly isMatch: boolean;
}

/** How many letters of a long text are shown before the first match. */
const LEAD = 24;
/** A letter with its combining marks: folding changes its length, but it stays one letter. */
const LETTER = /\P{M}\p{M}*|\p{M}+/gu;

/** Splits the text into parts that match one of the words and parts that do not. A long text starts just before the first match. */
export function highlightMatches(text: string, query: string): TextPart[] {
  const letters = text.match(LETTER) ?? [];
  const isMatched = findMatches(letters, wordsOf(query));
  const first = isMatched.indexOf(true);
  const from = first > LEAD + 8 ? first - LEAD : 0;
  const parts: TextPart[] = from > 0 ? [{ text: '…', isMatch: false }] : [];
  for (let start = from; start < letters.length;) {
    const isMatch = isMatched[start] === true;
    let end = start + 1;
    while (end < letters.length && isMatched[end] === isMatch) end += 1;
    parts.push({ text: letters.slice(start, end).join(''), isMatch });
    start = end;
  }
  return parts;
}

/** Whether the text contains each of the words, in any order, as `highlightMatches` finds them. */
export function containsWords(text: string, query: string): boolean {
  const folded = fold(text);
  return wordsOf(query).every((word) => folded.includes(word));
}

function findMatches(letters: readonly string[], words: readonly string[]): boolean[] {
  const folded = letters.map(fold);
  // The index of the letter that each unit of the folded text comes from.
  const letterAt = folded.flatMap((folding, letter) =>
    Array.from({ length: folding.length }, () => letter),
  );
  const whole = folded.join('');
  const isMatched = letters.map(() => false);
  for (const word of words) {
    for (let at = whole.indexOf(word); at >= 0; at = whole.indexOf(word, at + word.length)) {
      for (const letter of letterAt.slice(at, at + word.length)) isMatched[letter] = true;
    }
  }
  return isMatched;
}

function wordsOf(query: string): string[] {
  return fold(query)
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** Removes differences of spelling, as the API does: "strasse" for "Straße", "istanbul" for "İstanbul". */
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
