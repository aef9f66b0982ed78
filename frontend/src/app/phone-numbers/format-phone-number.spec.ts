import { computed, signal } from '@angular/core';
import { PhoneNumberRules } from './parse-phone-number';
import { rules } from './phone-number-rules';
import { createFormatter, toE164 } from './format-phone-number';

describe('toE164', () => {
  it.each([
    ['+1 (415) 555-2671', '+14155552671'],
    ['+44.20.7946.0958', '+442079460958'],
    [' +1234567890 ', '+1234567890'],
    [' 14155552671', '+14155552671'],
    ['\u202a+1 415 555\u20112671\u202c', '+14155552671'],
    ['+390612345678', '+390612345678'],
    ['+4402079460958', '+4402079460958'],
  ])('understands %s', (written, number) => {
    expect(toE164(written)).toBe(number);
  });

  it.each(['', 'new', '72345', '4155552671', '+0123', '+1415555267112345', '+1415CALLME', '+'])(
    'does not understand "%s"',
    (written) => {
      expect(toE164(written)).toBeUndefined();
    },
  );

  it('leaves it to the rules whether a zero in brackets is a part of the number', () => {
    expect(toE164('+44 (0)20 7946 0958')).toBeUndefined();
  });
});

describe('createFormatter', () => {
  it('shows the country code at once, and the groups once the rules are loaded', () => {
    const loaded = signal<PhoneNumberRules | undefined>(undefined);
    const format = createFormatter(loaded);
    const shown = computed(() => format('+442079460958'));
    expect(shown()).toBe('+44 207 946 0958');
    expect(['+14155552671', '+1', '72345'].map(format)).toEqual(['+1 415 555 2671', '+1', '72345']);
    loaded.set(rules);
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
    expect(createFormatter(signal(rules))(number)).toBe(written);
  });
});
