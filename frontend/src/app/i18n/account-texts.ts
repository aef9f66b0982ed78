/** What people read on the way in and about their account: apart, so that it loads with it. */
export const accountTexts = {
  email: 'Email',
  password: 'Password',
  passwordHint: 'At least 8 characters.',
  passwordConfirmation: 'Confirm password',
  passwordMismatch: "doesn't match Password",

  signIn: {
    title: 'Welcome back',
    intro: 'Send a text, see it arrive.',
    submit: 'Sign in',
    submitting: 'Signing in…',
    newHere: 'New here?',
    toSignUp: 'Create an account',
    farewells: {
      'session-ended': 'Your session has ended. Please sign in again.',
      'signed-out-everywhere': 'You are signed out everywhere.',
      'account-deleted': 'Your account and all its messages are deleted.',
    },
  },

  signUp: {
    title: 'Create an account',
    intro: 'An email and a password are all it takes.',
    introByInvitation: 'You need an invite code from the person who runs this service.',
    closedTitle: 'Sign-up is closed',
    closed:
      'Nobody can create an account here at the moment. Ask the person who runs this service.',
    submit: 'Create account',
    submitting: 'Creating your account…',
    retrying: 'Retrying automatically.',
    inviteCode: 'Invite code',
    knownHere: 'Have an account already?',
    toSignIn: 'Sign in',
  },

  page: { title: 'Your account', back: 'Messages' },

  sessions: {
    title: 'Your sessions',
    intro: 'Where you are signed in.',
    loading: 'Loading your sessions…',
    current: 'This one',
    lastUsed: 'Last used',
    signedIn: 'signed in on',
    signOut: 'Sign out',
    signOutOf: (device: string, since: string) => `Sign out ${device}, signed in on ${since}`,
    signOutHere: 'Sign out here',
    signOutEverywhere: 'Sign out everywhere',
    ended: (device: string) => `${device} is signed out.`,
    tryAgain: 'Try again',
  },

  changePassword: {
    title: 'Change password',
    intro: 'This signs out your other sessions.',
    current: 'Current password',
    new: 'New password',
    confirmation: 'Confirm new password',
    submit: 'Change password',
    submitting: 'Changing your password…',
    done: 'Your password is changed, and your other sessions are signed out.',
  },

  exportAccount: {
    title: 'Your data',
    intro:
      'Your account, your sessions and all your messages with what became of them, as one file.',
    submit: 'Download',
    submitting: 'Collecting…',
    done: 'The file is downloaded.',
    fileName: 'my-sms-messenger.json',
  },

  deleteAccount: {
    title: 'Delete account',
    intro:
      'Deletes your account with all its messages, for good. What has not been sent yet will not be sent.',
    begin: 'Delete account…',
    confirm: 'Your password, to confirm it',
    submit: 'Delete account and messages',
    submitting: 'Deleting…',
    cancel: 'Keep my account',
  },
} as const;
