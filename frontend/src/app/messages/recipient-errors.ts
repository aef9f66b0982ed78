import { Message } from '../api/models';

/** Twilio's error codes that mean that the recipient's number is wrong. */
const CODES: ReadonlySet<unknown> = new Set([
  21211, // invalid
  21214, // cannot be reached
  21217, // invalid
  21408, // in a country that this account may not send to
  21612, // cannot be reached from our number
  21614, // not a mobile number
  21635, // a landline
  30005, // unknown
  30006, // a landline, or its carrier cannot be reached
]);

/** Whether the message failed because of its recipient's number, so that the number is what to change. */
export function isRecipientError({ error_code }: Message): boolean {
  return CODES.has(error_code);
}
