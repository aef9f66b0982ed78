import { rules } from '../../phone-numbers/phone-number-rules';
import { findLinks } from './find-links';

const parseNumber = (text: string): string | undefined => {
  const parsed = rules.parse(text.replace(/[^\d+]/g, ''));
  return parsed?.isValid ? parsed.number : undefined;
};
const linksOf = (text: string): string[] =>
  findLinks(text, parseNumber).flatMap(({ text: shown, link }) => {
    if (!link) return [];
    return `${shown} → ${link.kind === 'address' ? link.url : link.number}`;
  });

describe('findLinks', () => {
  it.each([
    [
      'See https://example.com/a?b=c#d.',
      'https://example.com/a?b=c#d → https://example.com/a?b=c#d',
    ],
    ['(http://example.com)', 'http://example.com → http://example.com/'],
    ['“www.example.com”, he said', 'www.example.com → https://www.example.com/'],
    ['Your slot: velonord.example/book!', 'velonord.example/book → https://velonord.example/book'],
    ['https://example.com/a_(b) and', 'https://example.com/a_(b) → https://example.com/a_(b)'],
    ['here:https://example.com:8443/', 'https://example.com:8443/ → https://example.com:8443/'],
    ['https://münchen.de', 'https://münchen.de → https://xn--mnchen-3ya.de/'],
    ['Call +41 79 123 45 67.', '+41 79 123 45 67 → +41791234567'],
    ['+41 79 123 45 67 19:30', '+41 79 123 45 67 → +41791234567'],
    ['(+1 (415) 555-2671)', '+1 (415) 555-2671 → +14155552671'],
  ])('finds the link in "%s"', (text, link) => {
    expect(linksOf(text)).toEqual([link]);
  });

  it.each([
    'Nothing here. At all/or so.',
    'javascript:alert(1)',
    'data:text/html,<b>x</b> file:///etc/passwd ftp://example.com/',
    'mail@example.com',
    'https://bank.example@evil.example/',
    'https://user:secret@evil.example/',
    'https://bank.example\\@evil.example/',
    'https://bank.example%2f@evil.example/',
    'https://localhost/ http://127.0.0.1/',
    // With a Cyrillic a, a right-to-left override, and a zero-width space.
    'https://p\u0430ypal.com/',
    'https://evil.example/\u202emoc.elpmaxe',
    'https://bank\u200b.example/',
    'https://evil.example/\u05d0\u05d1',
    'On 24.11/25, 1.5/2 of 3.40',
    '4711 0791234567 +0 123 456 78',
    'order+41791234567',
    '+999 123 456 789',
  ])('finds none in "%s"', (text) => {
    expect(linksOf(text)).toEqual([]);
  });

  it('takes no longer for a text that consists of brackets', () => {
    const text = `example.com/${')'.repeat(100_000)}`;
    expect(linksOf(text)).toEqual(['example.com/ → https://example.com/']);
  });

  it('finds several, and loses nothing of the text', () => {
    const text =
      ' a https://example.com/x,\n+41 79 123 45 67  or +49 30 901820 (www.example.org)\n ';
    const parts = findLinks(text, parseNumber);
    expect(parts.map((part) => part.text).join('')).toBe(text);
    expect(parts.filter(({ link }) => link)).toHaveLength(4);
  });
});
