import {
  CountryCode,
  Metadata,
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
  validatePhoneNumberLength,
} from 'libphonenumber-js/min';
import { PhoneNumberRules, ParsedNumber } from './parse-phone-number';

/** libphonenumber's rules of all countries. They are large: import this file dynamically. */
export const rules: PhoneNumberRules = {
  parse: (digits, country) => {
    const options = { extract: false, ...(country && { defaultCountry: country as CountryCode }) };
    const parsed = parsePhoneNumberFromString(digits, options);
    return (
      parsed && {
        number: parsed.number,
        isValid: parsed.isValid(),
        length: lengthOf(parsed.number),
        keepsZero: parsed.nationalNumber.startsWith('0'),
      }
    );
  },
  internationalPrefix: (country) => {
    const metadata = new Metadata();
    metadata.selectNumberingPlan(country as CountryCode);
    return metadata.numberingPlan?.IDDPrefix() ?? '00';
  },
  countries: getCountries(),
  callingCode: (country) => getCountryCallingCode(country as CountryCode),
  format: (number) => {
    const parsed = parsePhoneNumberFromString(number);
    return parsed && { text: parsed.formatInternational(), country: parsed.country };
  },
};

function lengthOf(number: string): ParsedNumber['length'] {
  switch (validatePhoneNumberLength(number)) {
    case undefined:
      return 'possible';
    case 'TOO_SHORT':
      return 'too_short';
    case 'TOO_LONG':
      return 'too_long';
    default:
      return 'wrong_length';
  }
}
