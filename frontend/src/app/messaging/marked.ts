export interface Part {
  readonly text: string;
  readonly isMatch: boolean;
}

/** How much of a long text shows before the match. */
const LEAD = 24;

/** The text in parts, those that are the words marked; a long text from just before the first of them. */
export function marked(text: string, words: string): Part[] {
  const first = find(text, words, 0);
  const from = first > LEAD + 8 ? first - LEAD : 0;
  const parts: Part[] = [];
  let place = from;
  for (let match = first; match >= 0; match = find(text, words, place)) {
    add(parts, text.slice(place, match), false);
    place = match + words.length;
    add(parts, text.slice(match, place), true);
  }
  add(parts, text.slice(place), false);
  return from > 0 ? [{ text: '…', isMatch: false }, ...parts] : parts;
}

/** Lower case may be longer than its letter ("İ"): then nothing is marked rather than the wrong thing. */
function find(text: string, words: string, from: number): number {
  const lower = text.toLowerCase();
  if (words === '' || lower.length !== text.length) return -1;
  return lower.indexOf(words.toLowerCase(), from);
}

function add(parts: Part[], text: string, isMatch: boolean): void {
  if (text !== '') parts.push({ text, isMatch });
}
