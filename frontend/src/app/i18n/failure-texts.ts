interface FailureText {
  readonly cause: string;
  readonly advice: string;
}

const CHECK_NUMBER = 'Check the number and send it to the right one.';
const OTHER_WAY = 'Contact this person in another way.';
const TELL_OPERATOR = 'Ask the person who runs this server to fix this.';
const REWORD = 'Rephrase it: shorter, without links and without words that look like advertising.';
const SHORTEN = 'Make it shorter, or send it as two messages.';
const LATER = 'Send it again later.';
const TOMORROW = 'Send it again tomorrow.';
const ASK_FIRST = 'Ask the recipient whether it has arrived before you send it again.';
const IF_RELEVANT = 'Send it again if it still matters.';

const INVALID_NUMBER = 'This is not a valid phone number.';
const BAD_SENDER = "The number that messages are sent from can't be used for this.";
const BAD_SERVICE = 'The Messaging Service that messages are sent through is not set up for this.';
const UNREGISTERED = 'The number that messages are sent from is not registered with carriers.';
const TRIAL = 'A Twilio trial account only sends to numbers that it has verified.';
const TEXT_TOO_LONG = 'The text is too long.';

/**
 * Why a message failed, by Twilio's error code, https://www.twilio.com/docs/api/errors. The API's own explanation is
 * shown only for a code that is not here.
 */
export const failureTexts: Readonly<Record<string, FailureText>> = {
  expired: { cause: "It couldn't be sent in time.", advice: IF_RELEVANT },
  recipient_opted_out: {
    cause: 'This person had opted out of your messages.',
    advice: 'They can reply START to change that.',
  },
  20005: { cause: 'The Twilio account is not active.', advice: TELL_OPERATOR },
  20008: { cause: 'The Twilio account is for tests and sends nothing.', advice: TELL_OPERATOR },
  20010: { cause: 'The Twilio account is not allowed to send.', advice: TELL_OPERATOR },
  21211: { cause: INVALID_NUMBER, advice: CHECK_NUMBER },
  21212: {
    cause: 'The number that messages are sent from is not valid.',
    advice: TELL_OPERATOR,
  },
  21214: { cause: "This number can't be reached.", advice: CHECK_NUMBER },
  21217: { cause: "This doesn't look like an existing phone number.", advice: CHECK_NUMBER },
  21219: { cause: TRIAL, advice: TELL_OPERATOR },
  21265: { cause: "This is a short code, which can't be texted from here.", advice: CHECK_NUMBER },
  21266: { cause: 'This is the number that messages are sent from.', advice: CHECK_NUMBER },
  21268: {
    cause: "This is a premium number, which can't be texted from here.",
    advice: CHECK_NUMBER,
  },
  21401: { cause: INVALID_NUMBER, advice: CHECK_NUMBER },
  21407: { cause: BAD_SENDER, advice: TELL_OPERATOR },
  21408: { cause: 'Messages to this country are not allowed.', advice: TELL_OPERATOR },
  21421: { cause: INVALID_NUMBER, advice: CHECK_NUMBER },
  21601: { cause: BAD_SENDER, advice: TELL_OPERATOR },
  21602: { cause: 'The message has no text.', advice: 'Write a text.' },
  21603: { cause: 'There is no number to send from.', advice: TELL_OPERATOR },
  21604: { cause: 'There is no number to send to.', advice: CHECK_NUMBER },
  21605: { cause: TEXT_TOO_LONG, advice: SHORTEN },
  21606: { cause: BAD_SENDER, advice: TELL_OPERATOR },
  21607: { cause: BAD_SENDER, advice: TELL_OPERATOR },
  21608: {
    cause: TRIAL,
    advice: 'Ask the person who runs this server to verify the number or to upgrade the account.',
  },
  21609: { cause: "Twilio can't report back to this service.", advice: TELL_OPERATOR },
  21610: {
    cause: 'This person has replied STOP and gets no more messages from here.',
    advice: 'They can reply START to change that.',
  },
  21611: { cause: 'Too many messages are waiting at Twilio.', advice: LATER },
  21612: { cause: "Twilio can't reach this number from here.", advice: CHECK_NUMBER },
  21614: { cause: 'This is not a mobile number.', advice: CHECK_NUMBER },
  21616: { cause: BAD_SENDER, advice: TELL_OPERATOR },
  21617: { cause: TEXT_TOO_LONG, advice: SHORTEN },
  21618: { cause: "This text can't be sent.", advice: REWORD },
  21619: { cause: "Twilio couldn't take the message.", advice: LATER },
  21635: { cause: "This is a landline, which can't receive texts.", advice: OTHER_WAY },
  21657: { cause: 'The sender is not allowed in this country.', advice: TELL_OPERATOR },
  21658: { cause: 'A part of the message is too long.', advice: SHORTEN },
  21659: { cause: BAD_SENDER, advice: TELL_OPERATOR },
  21660: { cause: BAD_SENDER, advice: TELL_OPERATOR },
  21661: { cause: BAD_SENDER, advice: TELL_OPERATOR },
  21701: { cause: BAD_SERVICE, advice: TELL_OPERATOR },
  21702: { cause: BAD_SERVICE, advice: TELL_OPERATOR },
  21703: { cause: BAD_SERVICE, advice: TELL_OPERATOR },
  21704: { cause: BAD_SERVICE, advice: TELL_OPERATOR },
  21705: { cause: BAD_SERVICE, advice: TELL_OPERATOR },
  21708: { cause: BAD_SERVICE, advice: TELL_OPERATOR },
  21709: { cause: BAD_SERVICE, advice: TELL_OPERATOR },
  21711: { cause: BAD_SERVICE, advice: TELL_OPERATOR },
  21730: { cause: 'Twilio is under maintenance.', advice: LATER },
  30001: { cause: 'Too many messages were waiting at Twilio.', advice: LATER },
  30002: { cause: 'The Twilio account is suspended.', advice: TELL_OPERATOR },
  30003: {
    cause: "The phone couldn't be reached.",
    advice: 'It may be switched off or out of range: try again later.',
  },
  30004: {
    cause: 'The message was blocked.',
    advice: "The person or their carrier doesn't accept messages from here.",
  },
  30005: { cause: 'This number is not in use.', advice: CHECK_NUMBER },
  30006: {
    cause: "This is a landline, or its carrier doesn't support texts.",
    advice: CHECK_NUMBER,
  },
  30007: { cause: 'It was filtered as spam.', advice: REWORD },
  30008: { cause: 'The carrier gave no reason.', advice: ASK_FIRST },
  30010: { cause: 'The message costs more than this service pays.', advice: TELL_OPERATOR },
  30011: { cause: "This phone can't receive pictures.", advice: 'Send it without.' },
  30017: { cause: "The recipient's carrier was overloaded.", advice: LATER },
  30018: { cause: UNREGISTERED, advice: TELL_OPERATOR },
  30019: { cause: "The message is larger than the recipient's carrier accepts.", advice: SHORTEN },
  30020: { cause: 'Twilio had an error while it stored the message for later.', advice: LATER },
  30021: { cause: 'Twilio had an error.', advice: LATER },
  30022: { cause: 'Too many messages were sent from here in a short time.', advice: LATER },
  30023: { cause: "The carriers' daily limit for this service is reached.", advice: TOMORROW },
  30024: { cause: UNREGISTERED, advice: TELL_OPERATOR },
  30027: { cause: "T-Mobile's daily limit for this service is reached.", advice: TOMORROW },
  30032: {
    cause: 'The toll-free number that messages are sent from is not verified.',
    advice: TELL_OPERATOR,
  },
  30033: {
    cause: 'The campaign that messages are sent for is suspended.',
    advice: TELL_OPERATOR,
  },
  30034: {
    cause: 'The number that messages are sent from is not registered (A2P 10DLC).',
    advice: TELL_OPERATOR,
  },
  30035: {
    cause: 'The number that messages are sent from is still being set up.',
    advice: TELL_OPERATOR,
  },
  30036: { cause: 'It waited at Twilio for too long.', advice: IF_RELEVANT },
  30047: {
    cause: "Twilio couldn't hold it until the hours in which such messages may be sent.",
    advice: LATER,
  },
  30125: { cause: UNREGISTERED, advice: TELL_OPERATOR },
  30410: { cause: "The recipient's carrier didn't respond in time.", advice: ASK_FIRST },
  30450: {
    cause: 'Twilio has blocked messages to such numbers for a while, to prevent fraud.',
    advice: TOMORROW,
  },
  30610: {
    cause: 'Such messages may not be sent there at this hour.',
    advice: 'Send it again during the day.',
  },
  30640: { cause: "Twilio doesn't send such messages to this person.", advice: OTHER_WAY },
};
