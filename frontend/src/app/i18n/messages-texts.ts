import { wholeNumber } from './formats';
import { plural, splitPlural } from './plural';

/** Reading and writing messages. */
export const messagesTexts = {
  conversations: {
    label: 'Conversations',
    title: (total?: number) =>
      total === undefined ? 'Message History' : `Message History (${wholeNumber(total)})`,
    heading: 'Messages',
    newMessage: 'New message',
    you: 'You:',
    draft: 'Draft:',
    failed: (status: string) => `${status}:`,
    loadMore: 'Show more conversations',
    loadingMore: 'Loading…',
    loading: 'Loading your messages…',
    empty: 'No conversations. Everyone you write to appears here.',
    stale: 'These messages may be out of date.',
    archived: 'Archived',
    muted: 'Muted',
    nothingArchived: 'No archived conversations. A new message brings one back.',
    actionsWith: (name: string) => `Actions on the conversation with ${name}`,
  },

  search: {
    label: 'Search people and messages',
    placeholder: 'Search people and messages',
    clear: 'Clear search',
  },

  thread: {
    label: (peer: string) => `Messages with ${peer}`,
    back: 'Back to all conversations',
    count: (total: number) => plural(total, { one: '# message', other: '# messages' }),
    loading: 'Loading messages…',
    contact: 'Contact',
    moreActions: 'More actions',
    actions: 'Actions',
    actionsOn: (time: string) => `Actions on the message from ${time}`,
    loadOlder: 'Load older',
    loadNewer: 'Load newer',
    loadingPage: 'Loading…',
    empty: 'No messages yet',
    firstUnread: 'New messages',
    newBelow: (count: number) => plural(count, { one: '# new message', other: '# new messages' }),
    jumpToLatest: 'Jump to latest',
    findingMessage: 'Looking for the message…',
    findingDay: 'Looking for that day…',
    messageNotFound: 'This message is no longer in this conversation.',
    tryAgain: 'Try again',
    textDeleted: 'Message text deleted',
    textDeletedWhy: 'Texts are kept here for a limited time only.',
    noText: 'Message without text',
    sent: 'You wrote:',
    received: 'They wrote:',
    paused: (since: string) => `Sending has been paused since ${since}.`,
    pausedText: 'Messages will be sent when it resumes.',
  },

  media: {
    counts: {
      picture: (count: number) => plural(count, { one: 'Picture', other: '# pictures' }),
      audio: (count: number) => plural(count, { one: 'Sound', other: '# sounds' }),
      video: (count: number) => plural(count, { one: 'Video', other: '# videos' }),
      file: (count: number) => plural(count, { one: 'File', other: '# files' }),
      mixed: (count: number) => plural(count, { one: 'Attachment', other: '# attachments' }),
    },
    missing: (count: number) =>
      plural(count, {
        one: '# attachment, not available here',
        other: '# attachments, not available here',
      }),
    loading: 'Loading…',
  },

  invalidNumber: {
    title: 'This is not a phone number',
    explanation: (address: string) =>
      `“${address}” is not a phone number, so there are no messages. A phone number has a country code, such as +1 415 555 2671.`,
  },

  /** Beside the conversations while none is open. */
  choose: {
    text: 'Choose a conversation.',
    /** The placeholder stands for the key. */
    byKey: 'Choose a conversation, or press # to write a new message.',
  },

  /** Before the first message. */
  compose: {
    title: 'New message',
    close: 'Close',
    to: 'To',
    /** Read out after it. */
    toPhoneNumber: ': phone number',
    remove: (number: string) => `Remove ${number}`,
    added: (numbers: readonly string[]) => `Added ${numbers.join(', ')}.`,
    removed: (number: string) => `Removed ${number}.`,
    suggestions: 'Suggestions',
    recent: 'Recent',
    found: 'Contacts and conversations',
    known: 'You have a conversation with this number.',
    enter: 'Enter',
    ownText: 'Everyone gets a text of their own.',
    ownTexts: (count: number) =>
      plural(count, {
        one: '# person gets a text.',
        other: '# people: each gets a text of their own.',
      }),
    sendingTo: (count: number) =>
      plural(count, { one: 'Sending # message.', other: 'Sending # messages.' }),
    phoneNumber: 'Phone number',
    /** Of several numbers, the one that something is wrong with. */
    quoted: (text: string) => `“${text}”`,
    twoNumbers: 'is more than one number: put a comma between them',
    phoneNumberHint: 'With country code, such as +1 415 555 2671',
    phoneNumberHintIn: (country: string) =>
      `As dialed in ${country}, or with + and the country code`,
    preview: (number: string) => `→ ${number}`,
    previewIn: (number: string, country: string) => `→ ${number}, ${country}`,
    nul: 'contains an invalid character',
    message: 'Message',
    placeholder: 'Write a message',
    emoji: 'Emoji',
    addPictures: 'Add pictures',
    tooMany: 'These are too many pictures for one message: remove some.',
    notUploaded: 'A picture is not uploaded yet: wait for it, or remove it.',
    send: 'Send',
    undo: 'Undo',
    from: (number: string) => `From ${number}`,
    segments: (count: number) => splitPlural(count, { one: '# segment', other: '# segments' }),
    leftInSegment: (count: number) =>
      splitPlural(count, { one: '# left in this segment', other: '# left in this segment' }),
    leftInMessage: (count: number) =>
      splitPlural(count, { one: '# character left', other: '# characters left' }),
    becauseOf: ', because of',
    plainQuotes: 'Use plain quotes',
    plainCharacters: 'Use plain characters',
    madePlain: 'Replaced. You can undo this.',
  },

  /** Messages that the API has not answered for yet. */
  pending: {
    inProgress: 'Sending',
    queued: 'Waiting for the previous message',
    notSent: 'Not sent:',
    postponed: 'Not sent yet:',
    waitsForAnswer: 'Waiting for a response',
    offline: "You're offline: it will be sent when you're back",
    unconfirmed: 'Not confirmed yet:',
    safeToRepeat: "Retrying won't send it twice.",
    retrying: 'Retrying…',
    sentAt: (time: string) => `It will be sent at ${time}, while this app is open.`,
    old: 'It has been waiting here for more than a day.',
    tryAgain: 'Try again',
    edit: 'Edit',
    discard: 'Discard',
    picturesGone: 'The pictures are no longer on the server: edit it, and add them again.',
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
      received: 'Received',
      read: 'Read',
    } as Readonly<Record<string, string>>,
    code: (code: number) => `Code ${code}.`,
    noReason: 'No reason was given.',
  },

  /** Read out when the status of a message changes, or one comes in. */
  announcements: {
    statusChanged: {
      sent: (peer) => `Message to ${peer} sent.`,
      delivered: (peer) => `Message to ${peer} delivered.`,
      read: (peer) => `Message to ${peer} read.`,
      undelivered: (peer) => `Message to ${peer} not delivered.`,
      failed: (peer) => `Message to ${peer} not sent.`,
      unconfirmed: (peer) => `Message to ${peer} not confirmed yet.`,
      canceled: (peer) => `Message to ${peer} canceled.`,
      received: (peer) => `New message from ${peer}.`,
    } as Readonly<Record<string, (peer: string) => string>>,
    manyStatusesChanged: (count: number) =>
      plural(count, {
        one: 'The status of # message has changed.',
        other: 'The status of # messages has changed.',
      }),
    manyReceived: (count: number) =>
      plural(count, { one: '# new message.', other: '# new messages.' }),
  },

  actions: {
    retry: 'Retry',
    edit: 'Edit',
    editAndResend: 'Edit and resend',
    cancel: 'Cancel sending',
    sendNow: 'Send now',
    sendingAgain: 'Sending again…',
    sentAgain: "You've sent it again.",
    unconfirmedTitle: "We're checking whether this was sent.",
    unconfirmed: "Please don't send it again yet: it may have arrived.",
    stopRetrying: 'Stop retrying',
    retryingStopped: "It won't be retried. We're still checking whether it was sent.",
    sendAgainAnyway: 'Send again anyway…',
    duplicateTitle: 'It may then arrive twice.',
    duplicate: "We don't know yet whether the first one has arrived.",
    sendAnyway: 'Send anyway',
    keepWaiting: 'Keep waiting',
  },

  /** What stands beside a conversation. */
  sidePanel: {
    details: 'Message details',
    contact: 'Contact',
    close: 'Close',
  },
} as const;
