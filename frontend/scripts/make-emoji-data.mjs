// Writes what the emoji picker knows, public/emoji/en.json, from the package emojibase-data: for each group its name, and
// for each of its emoji the characters, the name, and other words that find it. To be run after an update of the package;
// with --check, it only fails if the file is not what it would write.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FRONTEND = join(import.meta.dirname, '..');
const SOURCE = join(FRONTEND, 'node_modules/emojibase-data/en/data.json');
const TARGET = join(FRONTEND, 'public/emoji/en.json');

/** Of the year 2022. Older phones and computers show newer ones as empty boxes. */
const NEWEST_VERSION = 15;
/** By the numbers of the package. The third has parts of emoji: skin tones and hair. */
const GROUPS = [
  'smileys',
  'people',
  undefined,
  'animals',
  'food',
  'travel',
  'activities',
  'objects',
  'symbols',
  'flags',
];

const known = JSON.parse(readFileSync(SOURCE, 'utf8'))
  .filter(({ version }) => version <= NEWEST_VERSION)
  .sort((one, other) => one.order - other.order);
const groups = GROUPS.flatMap((name, group) =>
  name === undefined ? [] : [[name, known.filter((emoji) => emoji.group === group).map(toRow)]],
);
const text = `[\n${groups
  .map(
    ([name, emoji]) => `["${name}",[\n${emoji.map((one) => JSON.stringify(one)).join(',\n')}\n]]`,
  )
  .join(',\n')}\n]\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(TARGET, text);
} else if (readFileSync(TARGET, 'utf8') !== text) {
  console.error(
    'public/emoji/en.json is not what emojibase-data has: run scripts/make-emoji-data.mjs.',
  );
  process.exit(1);
}

function toRow({ emoji, label, tags }) {
  // What has colours anyway does not need the selector for them, which would cost a character of the message.
  return [emoji.replace(/(\p{Emoji_Presentation})\uFE0F/gu, '$1'), label, otherWords(label, tags)];
}

function otherWords(label, tags = []) {
  const words = new Set(tags.flatMap((tag) => tag.toLowerCase().split(' ')));
  for (const word of label.toLowerCase().split(' ')) words.delete(word);
  return [...words].join(' ');
}
