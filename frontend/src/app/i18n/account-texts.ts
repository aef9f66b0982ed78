/** Signing in and up, and the account page. */
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
    /** Why the user was signed out, unless they signed out here. */
    signOutReasons: {
      'session-ended': 'Your session has ended. Please sign in again.',
      'ended-elsewhere':
        "Your session was ended elsewhere. Anything you hadn't sent has been deleted from this browser. Please sign in again.",
      'signed-out-everywhere': "You've been signed out everywhere.",
      'account-deleted': 'Your account and all its messages have been deleted.',
    },
  },

  secondStep: {
    title: 'One more step',
    intro: 'Enter the six digits from your authenticator app.',
    introToRecovery: 'Enter one of your recovery codes. Each of them works once.',
    code: 'Six-digit code',
    recoveryCode: 'Recovery code',
    invalid: 'is not valid',
    submit: 'Continue',
    submitting: 'Signing in…',
    toRecoveryCode: 'Use a recovery code',
    toCode: 'Use the authenticator app',
    signingInAs: 'Signing in as #.',
    notYou: 'Not you?',
  },

  signUp: {
    title: 'Create an account',
    intro: 'All you need is an email address and a password.',
    introByInvitation: 'You need an invite code from the person who runs this service.',
    closedTitle: 'Sign-up is closed',
    closed: 'No new accounts can be created at the moment. Ask the person who runs this service.',
    submit: 'Create account',
    submitting: 'Creating your account…',
    retrying: 'Retrying…',
    inviteCode: 'Invite code',
    knownHere: 'Already have an account?',
    toSignIn: 'Sign in',
  },

  page: { title: 'Your account', back: 'Messages' },

  sessions: {
    title: 'Your sessions',
    intro: 'The devices you are signed in on.',
    loading: 'Loading your sessions…',
    current: 'This device',
    lastUsed: 'Last used #',
    signedIn: 'Signed in on #',
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
    done: 'Your password has been changed, and your other sessions are signed out.',
  },

  exportAccount: {
    title: 'Your data',
    intro:
      'Your account, your sessions, and your messages and their delivery history, in one file.',
    submit: 'Download',
    submitting: 'Preparing…',
    done: 'Your file has been downloaded.',
    fileName: 'my-sms-messenger.json',
  },

  deleteAccount: {
    title: 'Delete account',
    intro:
      "Permanently deletes your account and all its messages. Messages that haven't been sent yet won't be sent.",
    begin: 'Delete account…',
    confirm: 'Your password, to confirm',
    submit: 'Delete account and messages',
    submitting: 'Deleting…',
    cancel: 'Keep my account',
  },
} as const;
