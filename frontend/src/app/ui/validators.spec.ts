import { FormControl } from '@angular/forms';
import { passwordLength, required, requiredPassword, errorMessages } from './validators';

describe('what is required', () => {
  it.each(['', ' ', '\u200b', '\u00ad\u2800\t'])('rejects invisible characters: %j', (value) => {
    expect(errorMessages(new FormControl(value, required))).toEqual(["can't be blank"]);
  });

  it('accepts any visible character', () => {
    expect(errorMessages(new FormControl(' a\u200b', required))).toEqual([]);
  });
});

describe('the length of a password', () => {
  const wrong = (value: string) =>
    errorMessages(new FormControl(value, [requiredPassword, passwordLength(8, 128)]));
  const tooShort = ['is too short (minimum is 8 characters)'];
  const tooLong = ['is too long (maximum is 128 characters)'];

  it.each([
    ['nothing', '', ["can't be blank"]],
    ['seven letters', 'a'.repeat(7), tooShort],
    ['eight letters', 'a'.repeat(8), []],
    ['eight spaces', ' '.repeat(8), []],
    ['seven keys, of two units each', '🔑'.repeat(7), tooShort],
    ['eight keys', '🔑'.repeat(8), []],
    ['four letters with their accents apart', 'e\u0301'.repeat(4), tooShort],
    ['eight letters with their accents apart', 'e\u0301'.repeat(8), []],
    ['128 letters', 'a'.repeat(128), []],
    ['129 letters', 'a'.repeat(129), tooLong],
    ['128 letters with their accents apart', 'e\u0301'.repeat(128), []],
  ])('of %s', (_, value, expected) => {
    expect(wrong(value)).toEqual(expected);
  });
});
