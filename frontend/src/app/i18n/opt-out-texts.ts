/** With a full stop after it, unless it ends with one of its own. */
const quoted = (reason: string): string =>
  `“\u2068${reason}\u2069”${/[.!?…]$/.test(reason) ? '' : '.'}`;

/** Who gets no more messages. */
export const optOutTexts = {
  optedOut: 'Opted out',
  title: "You can't message them",
  keyword: (name: string, word: string, date: string) => `${name} replied ${word} on ${date}.`,
  provider: (name: string, date: string) => `${name} opted out at Twilio on ${date}.`,
  refused: (name: string, date: string) =>
    `Twilio refused a message to ${name} on ${date}: they have opted out there, or must not be written to. ` +
    'They can reply START to undo that.',
  manual: (name: string, date: string, reason: string) =>
    `On ${date}, sending to ${name} was stopped by hand: ${quoted(reason)}`,
  untilStart: 'You can write again once they reply START.',
  untilUndone: 'You can write again once they reply START, or you allow it.',
  /** What was written before it was known. */
  draft: 'Your draft is kept:',
  undo: 'Allow messages',
  undoReason: 'Allowed in the conversation.',
  suggestion: 'They seem to ask to get no more messages. Stop sending to this number?',
  stop: 'Stop sending',
  keep: 'No',
  /** Without what they wrote, which others may not read. */
  stopReason: 'Asked for it in a message.',
  /** Of the recipients of a new message. */
  recipients: (names: readonly string[]) =>
    names.length === 1
      ? `${names.join()} has opted out and gets no messages.`
      : `${names.join(', ')} have opted out and get no messages.`,
};
