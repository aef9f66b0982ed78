import { messagesTexts } from '../../i18n/messages-texts';
import { Split } from '../../i18n/plural';
import { MAX_CONTENT_LENGTH } from '../../messages/drafts/compose-form';
import { onlyQuotesChange, toPlainCharacters } from '../../messages/plain-characters';
import { countSegments, nonGsmWords } from '../../messages/sms-segments';
import { isBlank } from '../../phone-numbers/blank';

/** So many characters before a limit, it is shown. */
const NEAR = 20;
const MAX_SHOWN_WORDS = 3;
/** In characters. Of a longer word, only the costly characters are shown. */
const MAX_WORD_LENGTH = 16;

/** What a text costs, as far as that is worth knowing. */
export interface Counter {
  readonly count: Split & { readonly number: string };
  /** The words because of which it is more than it could be. */
  readonly words: readonly string[];
  /** What the button says that makes all characters plain; empty if that would not help. */
  readonly remedy: string;
}

const { compose } = messagesTexts;

/**
 * Returns undefined for a text of one segment that is not nearly full and has no costly characters. A message with pictures
 * has no segments: then only what is left of the whole message counts, near its end.
 */
export function counterOf(content: string, hasPictures = false): Counter | undefined {
  if (isBlank(content)) return undefined;
  const { characters, segments, left, encoding, nonGsmCharacters } = countSegments(content);
  const room = MAX_CONTENT_LENGTH - characters;
  const isCostly = encoding === 'UCS-2';
  if (!isCostly && segments === 1 && left > NEAR) return undefined;
  const isNearEnd = room >= 0 && room <= NEAR;
  if (hasPictures && !isNearEnd) return undefined;
  const words = isNearEnd ? [] : costlyWords(content, nonGsmCharacters);
  const count = isNearEnd
    ? compose.leftInMessage(room)
    : segments === 1
      ? compose.leftInSegment(left)
      : compose.segments(segments);
  return {
    count: words.length > 0 ? { ...count, after: count.after + compose.becauseOf } : count,
    words,
    remedy: isCostly && !hasPictures ? remedyFor(content) : '',
  };
}

function costlyWords(content: string, characters: readonly string[]): string[] {
  const words = nonGsmWords(content).slice(0, MAX_SHOWN_WORDS);
  const shown = words.flatMap((word) => {
    const costly = characters.filter((character) => word.includes(character));
    if (costly.every(isBlank)) return costly.map(codePoint);
    return Array.from(word).length > MAX_WORD_LENGTH ? costly.filter(isVisible) : [word];
  });
  return [...new Set(shown)].slice(0, MAX_SHOWN_WORDS);
}

function remedyFor(content: string): string {
  if (countSegments(toPlainCharacters(content)).encoding === 'UCS-2') return '';
  return onlyQuotesChange(content) ? compose.plainQuotes : compose.plainCharacters;
}

function isVisible(character: string): boolean {
  return !isBlank(character);
}

function codePoint(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}
