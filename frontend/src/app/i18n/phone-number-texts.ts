const IN_COUNTRY =
  'for a number in {country}: for another country, begin with + and its code, as in +1 415 555 2671';

/** What can be wrong with a phone number. The same sentences as the API's: both are tested against one table. */
export const phoneNumberTexts = {
  blank: "can't be blank",
  letters: 'has letters in it: write the number in digits',
  unexpected_character: 'has “{character}” in it, which is not part of a phone number',
  extension: 'has an extension, which an SMS cannot be sent to',
  two_numbers: 'is more than one number: write to one at a time',
  misplaced_plus: 'has a + that is not at its beginning',
  zero_after_plus: 'has a 0 after the +, where the country code belongs, as in +1 415 555 2671',
  no_country: 'must begin with + and the country code, as in +1 415 555 2671',
  too_short: 'is too short to be a phone number',
  too_long: 'is too long to be a phone number (maximum is 15 digits)',
  too_short_in_country: `is too short ${IN_COUNTRY}`,
  too_long_in_country: `is too long ${IN_COUNTRY}`,
  wrong_length_in_country: `has the wrong number of digits ${IN_COUNTRY}`,
} as const;

/** While the rules that decide are not loaded. */
export const rulesUnavailable =
  "can't be checked at the moment: begin with + and the country code, or try again";
