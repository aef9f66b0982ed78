import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** As people in its country write it, with the country's code: nothing for what no country knows. */
export function nationalFormat(number: string): string | undefined {
  return parsePhoneNumberFromString(number)?.formatInternational();
}
