import { Message } from '../api/models';

/** Of Twilio's error codes those that another number would mend. */
const CODES: ReadonlySet<unknown> = new Set([
  21211, // invalid
  21214, // cannot be reached
  21217, // invalid
  21408, // in a country that this account may not write to
  21612, // cannot be reached from our number
  21614, // not a mobile number
  21635, // a landline
  30005, // unknown
  30006, // a landline, or its carrier cannot be reached
]);

/** It failed because of the number it was written to, and not because of its text. */
export function isNumberAtFault({ error_code }: Message): boolean {
  return CODES.has(error_code);
}
