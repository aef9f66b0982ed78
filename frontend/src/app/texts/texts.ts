/** Everything that people read, in one place and ready to be translated. */
export const texts = {
  brand: 'MY SMS MESSENGER',

  titles: {
    signIn: 'Sign in · MySMS Messenger',
    signUp: 'Create an account · MySMS Messenger',
    messages: 'Messages · MySMS Messenger',
  },

  problems: {
    offline: 'The server cannot be reached. Check your connection.',
    timeout: 'The server took too long to answer.',
    unauthorized: 'Your session needs to be renewed.',
    notFound: 'The server does not know this address.',
    conflict: 'This was already sent with other content.',
    tooManyRequests: 'Too many requests at once. Please wait a moment.',
    server: 'The server has a problem at the moment.',
    unknown: 'Something went wrong.',
  },

  session: {
    loading: 'Loading…',
    unavailable: 'You are still signed in, but your session cannot be renewed at the moment.',
    retrying: 'Trying again by itself.',
    retryNow: 'Try now',
  },

  account: {
    menu: (email: string) => `Account of ${email}`,
    signedInAs: 'Signed in as',
    signOut: 'Sign out',
    signingOut: 'Signing out…',

    signInTitle: 'Welcome back',
    signInIntro: 'Send a text, see it arrive.',
    signIn: 'Sign in',
    signingIn: 'Signing in…',
    newHere: 'New here?',
    toSignUp: 'Create an account',

    signUpTitle: 'Create an account',
    signUpIntro: 'An email and a password are all it takes.',
    signUp: 'Create account',
    signingUp: 'Creating your account…',
    knownHere: 'Have an account already?',
    toSignIn: 'Sign in',

    email: 'Email',
    password: 'Password',
    passwordHint: 'At least 8 characters.',
    passwordConfirmation: 'Confirm password',
  },

  fields: {
    /** The API says what is wrong without a subject: "is invalid". */
    wrong: (label: string, sentence: string) => `${label} ${sentence}.`,
    required: "can't be blank",
    email: 'is invalid',
    tooShort: (minimum: number) => `is too short (minimum is ${minimum} characters)`,
    tooLong: (maximum: number) => `is too long (maximum is ${maximum} characters)`,
    passwordMismatch: "doesn't match Password",
    phoneNumber: 'needs a country code, such as +1 415 555 2671',
  },

  theme: {
    legend: 'Theme',
    choices: { system: 'System', light: 'Light', dark: 'Dark' },
  },

  live: {
    upToDate: 'Up to date',
    connecting: 'Connecting…',
    offline: 'Offline',
    offlineSince: (time: string) => `Offline · last update ${time}`,
  },

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
    today: 'Today',
    yesterday: 'Yesterday',
    sent: 'You wrote:',
    received: 'They wrote:',
  },

  compose: {
    emptyTitle: 'Send your first message',
    title: 'New message',
    intro: 'Write to any phone number. You will see here when it arrives.',
    phoneNumber: 'Phone number',
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
