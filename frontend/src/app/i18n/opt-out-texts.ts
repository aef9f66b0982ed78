/** With a full stop after it, unless it ends with one of its own. */
const quoted = (reason: string): string =>
  `“\u2068${reason}\u2069”${/[.!?…]$/.test(reason) ? '' : '.'}`;

/** Who gets no more messages. */
export const optOutTexts = {
  title: 'They get no more messages',
  keyword: (name: string, word: string, date: string) => `${name} replied ${word} on ${date}.`,
  provider: (name: string, date: string) => `${name} opted out at Twilio on ${date}.`,
  refused: (name: string, date: string) =>
    `Twilio refused a message to ${name} on ${date}, because they have opted out.`,
  manual: (name: string, date: string, reason: string) =>
    `On ${date}, sending to ${name} was stopped by hand: ${quoted(reason)}`,
  manualByYou: (name: string, date: string, reason: string) =>
    `On ${date}, you stopped sending to ${name}: ${quoted(reason)}`,
  untilStart: 'They will get no more messages from you until they reply START.',
  untilUndone: 'Messages can be sent again once they reply START, or you undo this.',
  undo: 'Undo',
  undoReason: 'Undone in the conversation.',
  suggestion: 'They seem to ask to get no more messages. Stop sending to this number?',
  stop: 'Stop sending',
  keep: 'No',
  stopReason: (text: string) => `They wrote: ${text}`,
  /** Of the recipients of a new message. */
  recipients: (names: readonly string[]) =>
    names.length === 1
      ? `${names.join()} has opted out and gets no messages.`
      : `${names.join(', ')} have opted out and get no messages.`,
};
