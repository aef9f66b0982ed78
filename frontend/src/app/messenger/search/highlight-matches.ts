import { PLAIN_LETTERS } from '../../phone-numbers/words-of-name';

export interface TextPart {
  readonly text: string;
  readonly isMatch: boolean;
}

/** How many letters of a long text are shown before the first match. */
const LEAD = 24;
/** A letter with its combining marks, or an emoji with its skin tone: folding changes its length, but it stays one letter. */
const LETTER = /\P{M}[\p{M}\p{Emoji_Modifier}]*|\p{M}+/gu;
/** As the API divides a query: runs of letters and digits, and single symbols. */
const WORD = /[\p{L}\p{N}\p{M}]+|[\p{So}\p{Sc}]/gu;
const IN_WORD = /[\p{L}\p{N}\p{M}]/u;
/** Scripts without spaces between words, in which a word may begin and end anywhere. */
const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** The marks that the API ignores: accents, vowel points and variants of emoji. */
const IGNORED =
  /[\u0300-\u0344\u0346-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]|\p{Emoji_Modifier}|\p{Cf}/gu;

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
  const words = wordsOf(query);
  return words.length > 0 && words.every((word) => !occurrences(folded, word).next().done);
}

function findMatches(letters: readonly string[], words: readonly Word[]): boolean[] {
  const folded = letters.map(fold);
  // The index of the letter that each unit of the folded text comes from.
  const letterAt = folded.flatMap((folding, letter) =>
    Array.from({ length: folding.length }, () => letter),
  );
  const whole = folded.join('');
  const isMatched = letters.map(() => false);
  for (const word of words) {
    for (const at of occurrences(whole, word)) {
      for (const letter of letterAt.slice(at, at + word.text.length)) isMatched[letter] = true;
    }
  }
  return isMatched;
}

interface Word {
  readonly text: string;
  /** The last word of a query may be the beginning of a longer one. */
  readonly isBeginning: boolean;
}

function wordsOf(query: string): Word[] {
  const words = fold(query).match(WORD) ?? [];
  return words.map((text, index) => ({ text, isBeginning: index === words.length - 1 }));
}

/** Yields where the word is in the folded text. */
function* occurrences(folded: string, { text, isBeginning }: Word): Generator<number> {
  const isAnywhere = !IN_WORD.test(text) || WITHOUT_SPACES.test(text);
  for (let at = folded.indexOf(text); at >= 0; at = folded.indexOf(text, at + 1)) {
    const isStart = !IN_WORD.test(folded.charAt(at - 1));
    const isEnd = isBeginning || !IN_WORD.test(folded.charAt(at + text.length));
    if (isAnywhere || (isStart && isEnd)) yield at;
  }
}

/** Removes differences of spelling, as the API does: "strasse" for "Straße", "cafe" for "Café". */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(IGNORED, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(IGNORED, '')
    .replace(/\P{ASCII}/gu, (letter) => PLAIN_LETTERS[letter] ?? letter)
    .normalize('NFC');
}
