import { plural, splitAtPlaceholder, splitPlural } from './plural';

const messages = { one: '# message', other: '# messages' };

describe('plural', () => {
  it.each([
    [0, '0 messages'],
    [1, '1 message'],
    [2, '2 messages'],
    [1234, '1,234 messages'],
  ])('shows %i', (count, text) => {
    expect(plural(count, messages)).toBe(text);
  });

  it('needs no form that the language has and the text does not', () => {
    expect(plural(1, { other: '# SMS' })).toBe('1 SMS');
  });
});

describe('splitPlural', () => {
  it('leaves the number to the template, wherever the text has it', () => {
    expect(splitPlural(1, messages)).toEqual({ before: '', number: '1', after: ' message' });
    expect(splitAtPlaceholder('because of # alone')).toEqual({
      before: 'because of ',
      after: ' alone',
    });
  });
});
