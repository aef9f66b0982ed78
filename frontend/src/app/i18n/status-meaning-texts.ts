/** What a status means, in the details and the log. */
export const statusMeanings: Readonly<Record<string, string>> = {
  pending: 'Saved. Waiting to be sent.',
  unconfirmed: "Twilio didn't respond. We're checking whether it has the message.",
  accepted: 'Twilio has it.',
  scheduled: 'Twilio has it and will send it later.',
  queued: 'Twilio has it and will send it next.',
  sending: 'Twilio is sending it.',
  sent: 'It has been sent to the carrier. Not every phone reports that it has arrived.',
  delivered: 'It has arrived on the phone.',
  undelivered: "It didn't arrive on the phone.",
  failed: "It wasn't sent.",
  canceled: 'It was canceled before it was sent.',
  read: 'It has arrived on the phone and was opened.',
};
