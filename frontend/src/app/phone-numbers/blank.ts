/**
 * Invisible characters, as a part of a character class: Default_Ignorable_Code_Point and White_Space of the Unicode
 * Character Database 17, all control characters, and some that neither includes: interlinear annotation and Egyptian
 * format controls, the braille pattern without dots, and the musical null notehead. The same as the API's (core/blank.py).
 */
export const INVISIBLE =
  '\\0- \\x7f-\\xa0\\xad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f' +
  '\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\u{13430}-\\u{1343f}' +
  '\\u{1bca0}-\\u{1bca3}\\u{1d159}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}';

const NOTHING_VISIBLE = new RegExp(`^[${INVISIBLE}]*$`, 'u');

/** Whether the text has no visible character. */
export function isBlank(text: string): boolean {
  return NOTHING_VISIBLE.test(text);
}
