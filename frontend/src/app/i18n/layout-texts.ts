/** What people read around every page, once they are signed in. */
export const frameTexts = {
  skip: 'Skip to the content',

  help: 'Help',
  leaveField: 'Leave the text field, so that single-key shortcuts work',

  session: {
    unavailable: 'You are still signed in, but your session cannot be renewed at the moment.',
    retrying: 'Retrying automatically.',
    retryNow: 'Try now',
  },

  account: {
    menu: (email: string) => `Account of ${email}`,
    signedInAs: 'Signed in as',
    toAccount: 'Your account',
    signOut: 'Sign out',
  },

  /** What this browser does not store. */
  storage: {
    session:
      'This browser stores nothing for this page. If you reload or close it, you are signed out, and what is not sent is lost.',
    texts:
      'This browser has no room left for what you write. If you reload or close this page, what is not sent is lost.',
    understood: 'Understood',
  },

  theme: {
    legend: 'Theme',
    choices: { system: 'System', light: 'Light', dark: 'Dark' },
  },

  live: {
    upToDate: 'Up to date',
    connecting: 'Connecting…',
    reconnecting: 'Reconnecting…',
    offline: 'You are offline.',
    unreachable: 'The server does not answer. Retrying automatically.',
    asOf: (time: string) => `Last updated ${time}.`,
  },
} as const;
