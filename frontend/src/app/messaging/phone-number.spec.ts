import { readable, toE164 } from './phone-number';

describe('toE164', () => {
  it.each([
    ['+1 (415) 555-2671', '+14155552671'],
    ['+44.20.7946.0958', '+442079460958'],
    [' +1234567890 ', '+1234567890'],
  ])('understands %s', (written, number) => {
    expect(toE164(written)).toBe(number);
  });

  it.each(['', '4155552671', '+0123', '+1415555267112345', '+1415CALLME', '+'])(
    'does not understand "%s"',
    (written) => {
      expect(toE164(written)).toBeUndefined();
    },
  );
});

describe('readable', () => {
  it.each([
    ['+14155552671', '+1 415 555 2671'],
    ['+442079460958', '+44 207 946 0958'],
    ['+35312345678', '+353 123 456 78'],
    ['72345', '72345'],
  ])('writes %s as %s', (number, written) => {
    expect(readable(number)).toBe(written);
  });
});
