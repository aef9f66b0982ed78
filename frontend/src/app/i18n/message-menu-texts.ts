/** What can be done with one message. */
export const messageMenuTexts = {
  label: 'Actions on the message',
  copy: 'Copy text',
  forward: 'Forward',
  details: 'Details',
  markUnread: 'Mark as unread',
  delete: 'Delete…',
  /** Why it cannot be deleted now. */
  inFlight: 'It may still be sent: cancel it first, or wait.',
  deleted: 'Message deleted',
} as const;
