/** Stopping to send to somebody, on the card of a contact. */
export const optOutByHandTexts = {
  ask: 'Stop sending to them…',
  label: 'Stop sending to this number',
  reason: 'Reason',
  reasonHint: 'Such as: asked for it on the phone. Every user of this server can read it.',
  stop: 'Stop sending',
  cancel: 'Cancel',
  undo: 'Allow messages',
};
