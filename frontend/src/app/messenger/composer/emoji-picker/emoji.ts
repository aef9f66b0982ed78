/** Made by scripts/make-emoji-data.mjs. */
const FILE = '/emoji/en.json';

/** In this order. */
type GroupName =
  | 'smileys'
  | 'people'
  | 'animals'
  | 'food'
  | 'travel'
  | 'activities'
  | 'objects'
  | 'symbols'
  | 'flags';

export interface Emoji {
  readonly characters: string;
  readonly name: string;
  /** That find it, in lower case: those of its name first. */
  readonly words: readonly string[];
}

export interface EmojiGroup {
  readonly name: GroupName;
  readonly emoji: readonly Emoji[];
}

type Row = readonly [characters: string, name: string, otherWords: string];

let loaded: Promise<readonly EmojiGroup[]> | undefined;

/** Rejects if they cannot be loaded now; the next call tries again. */
export function loadEmoji(): Promise<readonly EmojiGroup[]> {
  loaded ??= load().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function load(): Promise<readonly EmojiGroup[]> {
  const response = await fetch(FILE);
  if (!response.ok) throw new Error(`${FILE} could not be loaded`);
  return toGroups((await response.json()) as readonly (readonly [GroupName, readonly Row[]])[]);
}

function toGroups(file: readonly (readonly [GroupName, readonly Row[]])[]): EmojiGroup[] {
  return file.map(([name, rows]) => ({
    name,
    emoji: rows.map(([characters, name, otherWords]) => ({
      characters,
      name,
      words: wordsOf(`${name} ${otherWords}`),
    })),
  }));
}

/** Those of which each typed word is the beginning of a word. Those with that name come first. */
export function findEmoji(groups: readonly EmojiGroup[], query: string): Emoji[] {
  const typed = wordsOf(query);
  if (typed.length === 0) return [];
  const found = groups
    .flatMap(({ emoji }) => emoji)
    .filter(({ words }) => typed.every((start) => words.some((word) => word.startsWith(start))));
  const start = typed.join(' ');
  const isNamed = ({ name }: Emoji): boolean => wordsOf(name).join(' ').startsWith(start);
  return [...found.filter(isNamed), ...found.filter((emoji) => !isNamed(emoji))];
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
