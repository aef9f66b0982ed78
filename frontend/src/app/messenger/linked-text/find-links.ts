import { INVISIBLE } from '../../phone-numbers/blank';

export interface TextPart {
  readonly text: string;
  /** Absent if the text is no link. */
  readonly link?: Link;
}

export type Link =
  | { readonly kind: 'address'; readonly url: string }
  /** In E.164. */
  | { readonly kind: 'number'; readonly number: string };

/** In E.164; undefined if the text is no number that exists. */
export type ParseNumber = (text: string) => string | undefined;

/** A text without these has no link: most have none. */
const MAYBE = /[./+]/;
const WORD = /\S+/g;
const BEGINNING = /https?:\/\/|www\./i;
const OPENING = /^[\p{Ps}\p{Pi}<"'*_]+/u;
const CLOSING = /[\p{Pe}\p{Pf}>"'.,;:!?…*_]$/u;
/** ASCII and the letters of western Europe: other alphabets have letters that look like these. */
const LETTER = '[a-z\\d\\xdf-\\xf6\\xf8-\\xff]';
const LABEL = `${LETTER}(?:(?:${LETTER}|-)*${LETTER})?`;
/** Has no user and no password: what stands before the first slash is the host that is opened. */
const ADDRESS = new RegExp(
  `^(?<scheme>https?://)?(?<host>(?:${LABEL}\\.)+[a-z][a-z\\d-]*[a-z\\d])(?::\\d{1,5})?(?<path>[/?#].*)?$`,
  'iu',
);
/** Would show an address otherwise than it is: what nobody sees, and letters that run from right to left. */
const MISLEADING = new RegExp(
  `[${INVISIBLE}\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}]`,
  'u',
);
/** International: others mean another number in another country, or are none. */
const NUMBER = /(?<![\p{L}\p{N}+@.,/_-])\+\d[\d ().\u00a0\u2011-]{5,24}\d(?![\p{L}\p{N}])/gu;

/**
 * Divides a text into links and what is between them; put together, the parts are the text. A link opens what it shows:
 * an http or https address, or a phone number. Whatever could look like another address is none.
 */
export function findLinks(text: string, parseNumber: ParseNumber): TextPart[] {
  if (!MAYBE.test(text)) return [{ text }];
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const found = findAddress(word);
    if (!found) continue;
    const start = index + found.at;
    parts.push(...findNumbers(text.slice(end, start), parseNumber), found.part);
    end = start + found.part.text.length;
  }
  parts.push(...findNumbers(text.slice(end), parseNumber));
  return parts.filter((part) => part.text !== '');
}

function findAddress(word: string): { at: number; part: TextPart } | undefined {
  if (!word.includes('.') || MISLEADING.test(word)) return undefined;
  const at = Math.max(0, BEGINNING.exec(word)?.index ?? OPENING.exec(word)?.[0].length ?? 0);
  const text = withoutPunctuation(word.slice(at));
  const { scheme, host = '', path } = ADDRESS.exec(text)?.groups ?? {};
  if (!host || (!scheme && !/^www\./i.test(host) && !path?.startsWith('/'))) return undefined;
  const url = URL.parse(scheme ? text : `https://${text}`);
  return url ? { at, part: { text, link: { kind: 'address', url: url.href } } } : undefined;
}

/** A bracket is kept at the end of an address if it opens in it. */
function withoutPunctuation(text: string): string {
  const opening = text.split('(').length;
  let closing = text.split(')').length;
  let kept = text;
  while (CLOSING.test(kept.slice(-1))) {
    const isBracket = kept.endsWith(')');
    if (isBracket && opening >= closing) break;
    if (isBracket) closing -= 1;
    kept = kept.slice(0, -1);
  }
  return kept;
}

function findNumbers(text: string, parseNumber: ParseNumber): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: candidate, index } of text.matchAll(NUMBER)) {
    const found = longestNumber(candidate, parseNumber);
    if (!found) continue;
    parts.push({ text: text.slice(end, index) }, found);
    end = index + found.text.length;
  }
  return [...parts, { text: text.slice(end) }];
}

/** The digits after a number may be something else, such as a time. */
function longestNumber(candidate: string, parseNumber: ParseNumber): TextPart | undefined {
  for (let text = candidate; text.length > 6;) {
    const number = parseNumber(text);
    if (number !== undefined) return { text, link: { kind: 'number', number } };
    text = text.replace(/\D+\d*$/, '');
  }
  return undefined;
}
