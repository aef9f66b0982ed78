import { wordsOfName } from './words-of-name';

describe('wordsOfName', () => {
  it.each([
    ['Ä́gir Þór-Zoë', 'agir þor zoe'],
    ['مُحَمَّد', 'محمد'],
    ['בֶּן־גּוּרְיוֹן', 'בן גוריון'],
    ['❤️ Ada', '❤ ada'],
    ['Việt', 'viet'],
    ['Søren Łukasz Weiß ÆGIR', 'soren lukasz weiss aegir'],
    ['İlker Işık', 'ilker isik'],
  ])('leaves out what is often not written in %j', (name, words) => {
    expect(wordsOfName(name).join(' ')).toBe(words);
  });

  it.each([
    ['राम', 'रमा'],
    ['नीता', 'नेता'],
    ['ガス', 'カス'],
    ['สมชาย', 'สมช่าย'],
  ])('tells %j from %j', (one, other) => {
    expect(wordsOfName(one)).not.toEqual(wordsOfName(other));
    expect(wordsOfName(one)).toHaveLength(1);
  });
});
