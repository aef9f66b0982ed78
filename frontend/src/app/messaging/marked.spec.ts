import { marked } from './marked';

const shown = (text: string, words: string): string =>
  marked(text, words)
    .map(({ text, isMatch }) => (isMatch ? `[${text}]` : text))
    .join('');

describe('marked', () => {
  it.each([
    ['Your table is ready', 'table', 'Your [table] is ready'],
    ['Table, table, TABLE', 'table', '[Table], [table], [TABLE]'],
    ['Nothing of it', 'table', 'Nothing of it'],
    ['a.c', '.', 'a[.]c'],
    ['Anything', '', 'Anything'],
    ['İstanbul', 'istanbul', 'İstanbul'],
  ])('marks in "%s" the words "%s"', (text, words, expected) => {
    expect(shown(text, words)).toBe(expected);
  });

  it('begins just before the match, so that it shows', () => {
    expect(shown('a'.repeat(100) + ' table', 'table')).toBe(`…${'a'.repeat(23)} [table]`);
  });
});
