import { countSegments, nonGsmWords } from './sms-segments';

const digits = (count: number): string => '0'.repeat(count);

describe('countSegments', () => {
  it.each([
    ['nothing', '', 'GSM-7', 0],
    ['160 digits', digits(160), 'GSM-7', 1],
    ['161 digits', digits(161), 'GSM-7', 2],
    ['306 digits', digits(306), 'GSM-7', 2],
    ['307 digits', digits(307), 'GSM-7', 3],
    ['an extension character and 158 digits', '€' + digits(158), 'GSM-7', 1],
    ['an extension character and 159 digits', '€' + digits(159), 'GSM-7', 2],
    ['a pair that would be split across segments', digits(152) + '€' + digits(152), 'GSM-7', 3],
    ['an emoji and 68 digits', '😜' + digits(68), 'UCS-2', 1],
    ['an emoji and 69 digits', '😜' + digits(69), 'UCS-2', 2],
    ['an emoji and 133 digits', '😜' + digits(133), 'UCS-2', 3],
    ['a flag and 66 digits', '🇮🇹' + digits(66), 'UCS-2', 1],
    ['a flag and 67 digits', '🇮🇹' + digits(67), 'UCS-2', 2],
    ['70 × Á', 'Á'.repeat(70), 'UCS-2', 1],
    ['71 × Á', 'Á'.repeat(71), 'UCS-2', 2],
    ['every GSM-7 letter with an accent', 'ÇàéèùìòñÄÖÑÜäöüåÅøØæÆß', 'GSM-7', 1],
    ['line breaks and form feed', 'one\r\ntwo\f', 'GSM-7', 1],
  ])('counts %s', (_, text, encoding, segments) => {
    expect(countSegments(text)).toMatchObject({ encoding, segments });
  });

  it.each(['`', 'ç', 'á', 'í', 'ó', 'ú', '–', '’'])(
    'lists %s as a character that needs UCS-2',
    (character) => {
      const { encoding, nonGsmCharacters } = countSegments(`a${character}b😜${character}`);
      expect(encoding).toBe('UCS-2');
      expect(nonGsmCharacters).toEqual([character, '😜']);
    },
  );

  it.each([
    ['a', 159],
    [digits(160), 0],
    [digits(161), 145],
    ['😜', 68],
    ['Á'.repeat(71), 63],
  ])('tells how much more the last segment takes', (text, left) => {
    expect(countSegments(text).left).toBe(left);
  });

  it('lists the words that need UCS-2', () => {
    expect(nonGsmWords('We’ll see,\nwe’ll 👍 see: We’ll')).toEqual(['We’ll', 'we’ll', '👍']);
  });

  it('counts characters by code point', () => {
    expect(countSegments('€😜a').characters).toBe(3);
  });
});
