import { counterOf } from './counter';

const shown = (content: string): string | undefined => {
  const counter = counterOf(content);
  if (!counter) return undefined;
  const { count, words, remedy } = counter;
  return [count.before + count.number + count.after, words.join(' '), remedy].join(' | ');
};

describe('counterOf', () => {
  it.each([
    ['nothing', '', undefined],
    ['what cannot be seen', '\u200b ', undefined],
    ['a short text', 'See you at six!', undefined],
    ['139 characters', 'a'.repeat(139), undefined],
    ['140 characters', 'a'.repeat(140), '20 left in this segment |  | '],
    ['161 characters', 'a'.repeat(161), '2 segments |  | '],
    [
      'an apostrophe',
      'We’ll be there',
      '56 left in this segment, because of | We’ll | Use plain quotes',
    ],
    ['a dash', '9–17', '66 left in this segment, because of | 9–17 | Use plain characters'],
    [
      'what no other character can say',
      'Ok 👍 – yes',
      '59 left in this segment, because of | 👍 – | ',
    ],
    [
      'what cannot be seen in a word',
      'see\u200b',
      '66 left in this segment, because of | U+200B | Use plain characters',
    ],
    ['a long word', `${'a'.repeat(80)}’s`, '2 segments, because of | ’ | Use plain quotes'],
    ['many such words', 'á í ó ú á', '61 left in this segment, because of | á í ó | '],
    ['the last characters', 'a'.repeat(1595), '5 characters left |  | '],
    ['too many', 'a'.repeat(1601), '11 segments |  | '],
  ])('of %s', (_, content, expected) => {
    expect(shown(content)).toBe(expected);
  });

  it.each([
    ['several segments', 'a'.repeat(161)],
    ['costly characters', 'We’ll be there'],
  ])('counts no segments beside pictures: %s', (_, content) => {
    expect(counterOf(content, true)).toBeUndefined();
  });

  it('says how much is left of a message with pictures', () => {
    expect(counterOf(`${'a'.repeat(1594)}’`, true)).toMatchObject({ remedy: '', words: [] });
  });
});
