import table from '../../../../backend/tests/core/phone_number_cases.json';
import { phoneNumberTexts } from '../i18n/phone-number-texts';
import { readNumber } from './parse-phone-number';
import { rules } from './phone-number-rules';

describe('readNumber', () => {
  it('says what the API says', () => {
    expect(phoneNumberTexts).toEqual(table.sentences);
  });

  it.each(
    table.cases.map(
      ({ written, default_country, e164, problem }) =>
        [JSON.stringify(written), default_country, e164 ?? problem, written] as const,
    ),
  )('reads %s (%s) as %s, like the API', (_, country, expected, written) => {
    const reading = readNumber(written, country ?? undefined, rules);
    expect(reading?.number ?? reading?.code).toBe(expected);
    expect(reading?.sentence ?? '').not.toMatch(/[{}]/);
  });
});
