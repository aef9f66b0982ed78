import { localeOf } from './locale';

describe('localeOf', () => {
  it.each([
    [undefined, 'en-GB'],
    [[], 'en-GB'],
    [['C'], 'en-GB'],
    [['', 'de-DE'], 'en-GB'],
    [['enm', 'en-US@posix'], 'en-US'],
    [['en_US'], 'en-US'],
    [['en-US.UTF-8'], 'en-US'],
    [['en-'], 'en'],
    [['en-x'], 'en'],
    [['en-Latn-US'], 'en'],
    [['fr', 'en-001'], 'en-001'],
    [['de-AT', 'en-AU', 'en-US'], 'en-AU'],
    [['en-GB-oxendict'], 'en-GB'],
  ])('is of %j %s', (languages, expected) => {
    expect(localeOf(languages)).toBe(expected);
    expect(() => new Intl.DateTimeFormat(localeOf(languages))).not.toThrow();
  });
});
