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
    ['a.c', '.', 'a.c'],
    ['Anything', '', 'Anything'],
    ['The parcel is at your door', 'parcel door', 'The [parcel] is at your [door]'],
    ['The parcel is at your door', ' DOOR  the ', '[The] parcel is at your [door]'],
    ['parcels', 'par parcel', '[parcel]s'],
    ['parcels and a parcel', 'parcel now', 'parcels and a [parcel]'],
    ['banana', 'ana', 'banana'],
    ['banana', 'ban', '[ban]ana'],
    ['I don\u2019t know', "don't", 'I [don]\u2019[t] know'],
    ['我们今晚去寿司店', '寿司', '我们今晚去[寿司]店'],
    ['สวัสดีครับ', 'ครับ', 'สวัสดี[ครับ]'],
    ['København', 'kobenhavn', '[København]'],
    ['5 € each', '€', '5 [€] each'],
    ['İstanbul', 'istanbul', '[İstanbul]'],
    ['Ｒｅａｄｙ now', 'ready', '[Ｒｅａｄｙ] now'],
    ['Straße', 'STRASSE', '[Straße]'],
    ['Die Straße', 'stras', 'Die [Straß]e'],
    ['Cafe\u0301 noir', 'caf\u00e9', '[Cafe\u0301] noir'],
    ['Caf\u00e9 noir', 'cafe\u0301', '[Caf\u00e9] noir'],
    ['Caf\u00e9 noir', 'cafe', '[Caf\u00e9] noir'],
    ['well 👍🏽 done', '👍', 'well [👍🏽] done'],
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
    expect(containsWords('Order 4155', '155')).toBe(false);
    expect(containsWords('Order 4155', '41')).toBe(true);
    expect(containsWords('Anything', '()')).toBe(false);
  });
});
