/** What people read where they write and read messages: apart, so that it loads with it. */
export const messagingTexts = {
  history: {
    label: 'Conversations',
    title: (total: number) => `Message History (${total})`,
    newMessage: 'New message',
    loadEarlier: 'Load earlier',
    loadingEarlier: 'Loading…',
    loading: 'Loading your messages…',
    empty: 'Nobody yet. The people you write to appear here.',
    stale: 'These messages may be out of date.',
  },

  thread: {
    label: (peer: string) => `Messages with ${peer}`,
    back: 'Back to all conversations',
    count: (loaded: number, thereMayBeMore: boolean) =>
      `${loaded} ${loaded === 1 ? 'message' : 'messages'}${thereMayBeMore ? ' loaded' : ''}`,
    sent: 'You wrote:',
    received: 'They wrote:',
  },

  compose: {
    emptyTitle: 'Send your first message',
    title: 'New message',
    intro: 'Write to any phone number. You will see here when it arrives.',
    phoneNumber: 'Phone number',
    phoneNumberError: 'needs a country code, such as +1 415 555 2671',
    phoneNumberHint: 'With country code, such as +1 415 555 2671',
    message: 'Message',
    placeholder: 'Write a message',
    send: 'Send',
    clear: 'Clear',
    characters: (count: number) => (count === 1 ? 'character' : 'characters'),
    segments: (count: number) => (count === 1 ? 'segment' : 'segments'),
    because: 'because of',
    keys: { enter: 'Enter', shift: 'Shift', sends: 'sends', newLine: 'new line' },
  },

  sending: {
    inProgress: 'Sending',
    safeToRepeat: 'Trying again never sends it twice.',
    tryAgain: 'Try again',
    edit: 'Edit',
  },

  status: {
    names: {
      pending: 'Waiting to be sent',
      unconfirmed: 'Checking whether it was sent',
      accepted: 'Accepted',
      scheduled: 'Scheduled',
      queued: 'Queued',
      sending: 'Sending',
      sent: 'Sent',
      delivered: 'Delivered',
      undelivered: 'Not delivered',
      failed: 'Not sent',
      canceled: 'Canceled',
      read: 'Read',
    } as Readonly<Record<string, string>>,
    code: (code: number) => `Code ${code}.`,
    noReason: 'No reason was given.',
  },
} as const;
