import { computed, signal } from '@angular/core';
import { nationalFormat } from './national-format';
import { readerBy, toE164 } from './phone-number';

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

describe('readerBy', () => {
  it('is right at once about the country, and then about the groups', () => {
    const rules = signal<typeof nationalFormat | undefined>(undefined);
    const readable = readerBy(rules);
    const shown = computed(() => readable('+442079460958'));
    expect(shown()).toBe('+44 207 946 0958');
    expect(['+14155552671', '+1', '72345'].map(readable)).toEqual([
      '+1 415 555 2671',
      '+1',
      '72345',
    ]);
    rules.set(nationalFormat);
    expect(shown()).toBe('+44 20 7946 0958');
  });

  it.each([
    ['+14155552671', '+1 415 555 2671'],
    ['+33170189900', '+33 1 70 18 99 00'],
    ['+4930901820', '+49 30 901820'],
    ['+81345200100', '+81 3 4520 0100'],
    ['+35312345678', '+353 1 234 5678'],
    ['+15005551002', '+1 500 555 1002'],
    ['+999123456789', '+999 123 456 789'],
    ['+1234567890', '+1 234567890'],
    ['72345', '72345'],
  ])('writes %s as %s', (number, written) => {
    expect(readerBy(signal(nationalFormat))(number)).toBe(written);
  });
});
