import { plural } from './plural';

/** The emoji picker. The names of the emoji are in public/emoji. */
export const emojiTexts = {
  title: 'Emoji',
  search: 'Search emoji',
  close: 'Close',
  groupsLabel: 'Groups',
  groups: {
    recent: 'Recently used',
    smileys: 'Smileys and emotion',
    people: 'People and body',
    animals: 'Animals and nature',
    food: 'Food and drink',
    travel: 'Travel and places',
    activities: 'Activities',
    objects: 'Objects',
    symbols: 'Symbols',
    flags: 'Flags',
  },
  results: 'Search results',
  found: (count: number) => plural(count, { one: '# emoji found.', other: '# emoji found.' }),
  nothing: (query: string) => `No emoji for “\u2068${query}\u2069”.`,
  loading: 'Loading…',
  problem: 'The emoji cannot be loaded at the moment.',
  tryAgain: 'Try again',
};
