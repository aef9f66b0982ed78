/** What surrounds every page of a signed-in user. */
export const layoutTexts = {
  skip: 'Skip to content',

  places: {
    label: 'Main',
    messages: 'Messages',
    contacts: 'Contacts',
    log: 'Log',
    settings: 'Settings',
  },
  help: 'Help',

  session: {
    unavailable: 'You stay signed in.',
    retrying: 'Retrying…',
    retryNow: 'Try now',
  },

  account: {
    menu: (email: string) => `Account of ${email}`,
    signedInAs: 'Signed in as #',
    toAccount: 'Your account',
    signOut: 'Sign out',
  },

  /** What this browser does not store. */
  storage: {
    session:
      "This browser stores nothing for this page. If you reload or close it, you'll be signed out and lose what isn't sent.",
    texts:
      "This browser has no space left for what you write. If you reload or close this page, you'll lose what isn't sent.",
    understood: 'Got it',
  },

  update: {
    ready: 'A new version of MySMS Messenger is ready.',
    reload: 'Reload',
    later: 'Later',
  },

  connection: {
    upToDate: 'Up to date',
    connecting: 'Connecting…',
    reconnecting: 'Reconnecting…',
    offline: "You're offline.",
    unreachable: "Can't reach the server.",
    waiting: {
      one: '# text waits here and goes out when the connection is back.',
      other: '# texts wait here and go out in order when the connection is back.',
    },
    lastUpdated: (time: string) => `Last updated ${time}.`,
  },
} as const;
