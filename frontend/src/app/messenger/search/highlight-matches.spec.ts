import { containsWords, highlightMatches } from './highlight-matches';

const shown = (text: string, words: string): string =>
  highlightMatches(text, words)
    .map(({ text, isMatch }) => (isMatch ? `[${text}]` : text))
    .join('');

describe('highlightMatches', () => {
  it.each([
    ['Your table is ready', 'table', 'Your [table] is ready'],
    ['Table, table, TABLE', 'table', '[Table], [table], [TABLE]'],
    ['Nothing of it', 'table', 'Nothing of it'],
    ['a.c', '.', 'a[.]c'],
    ['Anything', '', 'Anything'],
    ['The parcel is at your door', 'parcel door', 'The [parcel] is at your [door]'],
    ['The parcel is at your door', ' DOOR  the ', '[The] parcel is at your [door]'],
    ['parcels', 'par parcel', '[parcel]s'],
    ['banana', 'ana', 'b[ana]na'],
    ['İstanbul', 'istanbul', '[İstanbul]'],
    ['Ｒｅａｄｙ now', 'ready', '[Ｒｅａｄｙ] now'],
    ['Straße', 'STRASSE', '[Straße]'],
    ['Die Straße', 'ras', 'Die St[raß]e'],
    ['Cafe\u0301 noir', 'caf\u00e9', '[Cafe\u0301] noir'],
    ['Caf\u00e9 noir', 'cafe\u0301', '[Caf\u00e9] noir'],
    ['ΟΔΟΣ', 'οδος', '[ΟΔΟΣ]'],
    ['well 👍🏽 done', '👍🏽 DONE', 'well [👍🏽] [done]'],
  ])('marks in "%s" the words "%s"', (text, words, expected) => {
    expect(shown(text, words)).toBe(expected);
  });

  it('begins just before the match, so that it shows', () => {
    expect(shown('a'.repeat(100) + ' table', 'table')).toBe(`…${'a'.repeat(23)} [table]`);
  });
});

describe('containsWords', () => {
  it('takes all words, wherever they are', () => {
    expect(containsWords('The parcel is at your Door', 'door parcel')).toBe(true);
    expect(containsWords('The parcel is here', 'door parcel')).toBe(false);
    expect(containsWords('Straße 4', 'STRASSE')).toBe(true);
  });
});
