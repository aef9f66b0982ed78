import table from '../../../../backend/tests/core/phone_number_cases.json';
import { phoneNumberTexts } from '../i18n/phone-number-texts';
import { parsePhoneNumber } from './parse-phone-number';
import { rules } from './phone-number-rules';

describe('parsePhoneNumber', () => {
  it('has the error messages of the API', () => {
    expect(phoneNumberTexts).toEqual(table.error_messages);
  });

  it.each(
    table.cases.map(
      ({ written, default_country, e164, problem }) =>
        [JSON.stringify(written), default_country, e164 ?? problem, written] as const,
    ),
  )('parses %s (%s) as %s, like the API', (_, country, expected, written) => {
    const result = parsePhoneNumber(written, country ?? undefined, rules);
    expect(result?.number ?? result?.code).toBe(expected);
    expect(result?.error ?? '').not.toMatch(/[{}]/);
  });
});
