/** Everything that people read, here and in the files beside, in one place and ready to be translated. */
export const texts = {
  brand: 'MY SMS MESSENGER',

  titles: {
    signIn: 'Sign in · MySMS Messenger',
    signUp: 'Create an account · MySMS Messenger',
    messages: 'Messages · MySMS Messenger',
    account: 'Your account · MySMS Messenger',
  },

  problems: {
    unauthorized: 'Your session needs to be renewed.',
    notFound: 'The server does not know this address.',
    conflict: 'This was already sent with other content.',
    tooManyRequests: 'Too many requests at once.',
    tryAgainSoon: 'Please wait a moment.',
    tryAgainIn: (duration: string) => `Try again in ${duration}.`,
    byCode: {
      offline: 'The server cannot be reached. Check your connection.',
      timeout: 'The server took too long to answer.',
      rate_limited: 'Too many attempts.',
      minute_quota: 'You are sending very fast.',
      day_quota: 'You have sent as many messages as one person may send in a day.',
      installation_quota: 'As many messages have been sent from here today as may be.',
      country_not_allowed: 'Messages to this country are not allowed here.',
      database_unavailable: 'The server cannot reach its database at the moment.',
      request_too_large: 'This is more than the server takes at once.',
      sign_up_closed:
        'Nobody can sign up here at the moment. Ask the person who runs this service.',
    } as Readonly<Record<string, string>>,
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
    toAccount: 'Your account',
    signOut: 'Sign out',
  },

  fields: {
    /** The API says what is wrong without a subject: "is invalid". */
    wrong: (label: string, sentence: string) => `${label} ${sentence}.`,
    required: "can't be blank",
    email: 'is invalid',
    tooShort: (minimum: number) => `is too short (minimum is ${minimum} characters)`,
    tooLong: (maximum: number) => `is too long (maximum is ${maximum} characters)`,
  },

  days: { today: 'Today', yesterday: 'Yesterday' },

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
} as const;
