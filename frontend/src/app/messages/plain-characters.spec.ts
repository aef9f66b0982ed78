import { onlyQuotesChange, toPlainCharacters } from './plain-characters';
import { countSegments } from './sms-segments';

describe('toPlainCharacters', () => {
  it.each([
    ['apostrophes', 'we’ll', "we'll"],
    ['quotes', '“yes”, „ja“ and «oui»', '"yes", "ja" and "oui"'],
    ['dashes', '9–17 — daily', '9-17 - daily'],
    ['an ellipsis', 'so…', 'so...'],
    ['spaces', 'CHF\u00a064\u202f.-', 'CHF 64 .-'],
    ['what cannot be seen', 'a\u200bb\ufeff', 'ab'],
    ['an accent of its own', 'cafe\u0301', 'café'],
  ])('replaces %s', (_, text, plain) => {
    expect(toPlainCharacters(text)).toBe(plain);
    expect(countSegments(plain).encoding).toBe('GSM-7');
  });

  it('leaves alone what no other character can say', () => {
    expect(toPlainCharacters('Привет 👍 ç')).toBe('Привет 👍 ç');
  });

  it('tells quotes from the rest', () => {
    expect(onlyQuotesChange('we’ll “see”')).toBe(true);
    expect(onlyQuotesChange('we’ll – see')).toBe(false);
  });
});
