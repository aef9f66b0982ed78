/** Signing in and up, and what the settings have about the account. */
export const accountTexts = {
  email: 'Email',
  password: 'Password',
  passwordHint: 'At least 8 characters.',
  passwordTooShort: 'Too short.',
  /** From the weakest to the strongest. */
  passwordStrengths: [
    'Very weak: it will probably be refused.',
    'Weak: it may be refused. Add words that have nothing to do with each other.',
    'Fair. One more word makes it good.',
    'Good. A few more letters make it strong.',
    'Strong.',
  ],
  newPasswords: {
    first: { password: 'Password', confirmation: 'Confirm password', show: 'Show password' },
    another: {
      password: 'New password',
      confirmation: 'Confirm new password',
      show: 'Show new password',
    },
  },
  passwordConfirmationNoun: 'Password confirmation',
  passwordMismatch: "doesn't match the password",
  forgotIt: 'Forgot it?',
  retrying: 'Retrying…',

  show: { password: 'Show password', current: 'Show current password' },

  /** A picture of a conversation, beside the forms. */
  scene: {
    question: 'Is my bike ready?',
    answer: 'It is! New cable, fresh chain. We’re here until half past six.',
    delivered: 'Delivered',
    thanks: 'Great, on my way 🎉',
    line: 'Send a text, see it arrive.',
  },

  confirmPassword: {
    label: 'Your password, to confirm',
    /** What errors are about. */
    noun: 'Your password',
    submitting: 'Checking…',
    cancel: 'Cancel',
  },

  signIn: {
    title: 'Sign in',
    intro: 'Read your texts, and send new ones.',
    noMatch: 'Email and password do not match.',
    submit: 'Sign in',
    submitting: 'Signing in…',
    newHere: 'New here?',
    toSignUp: 'Create an account',
    /** Why the user was signed out, unless they signed out here. */
    signOutReasons: {
      'session-ended': 'Your session has ended. Please sign in again.',
      'ended-elsewhere':
        "Your session was ended elsewhere. Anything you hadn't sent has been deleted from this browser. Please sign in again.",
      'signed-out-everywhere': "You've been signed out on all devices, this one included.",
      'password-reset': 'Your password has been changed. Please sign in with the new one.',
      'account-deleted': 'Your account and all its messages have been deleted.',
    },
  },

  secondStep: {
    title: 'One more step',
    intro: 'Enter the six-digit code from your authenticator app.',
    introToRecovery: 'Enter one of your recovery codes. Each of them works once.',
    code: 'Six-digit code',
    recoveryCode: 'Recovery code',
    /** What errors are about. */
    noun: 'This code',
    invalid: 'is not valid, or was used already',
    submit: 'Continue',
    submitting: 'Signing in…',
    toRecoveryCode: 'Use a recovery code',
    toCode: 'Use the authenticator app',
    signingInAs: 'Signing in as # ·',
    notYou: 'Not you?',
  },

  forgotPassword: {
    title: 'Forgot your password?',
    intro: "Enter your email, and we'll send you a link to choose a new one.",
    withoutMail:
      'This server sends no mail. Ask the person who runs this server for a new password: the command mysms reset-password makes one.',
    submit: 'Send the link',
    submitting: 'Sending…',
    sentTitle: 'Check your mail',
    sent: 'If there is an account with this email, a mail is on its way. The link in it works for 30 minutes. There are at most three mails in half an hour.',
    nothingCame: 'Nothing came? Look among the unwanted mail, or',
    askAgain: 'try again',
    toSignIn: 'Back to sign in',
    toAccount: 'Back to the settings',
  },

  resetPassword: {
    links: {
      given: {
        title: 'Choose a new password',
        intro: "You'll need to sign in again on all your devices.",
      },
      missing: {
        title: 'Open the link once more',
        intro: 'This page needs the whole link from the mail. Please open it again from there.',
      },
      over: {
        title: "This link doesn't work any more",
        intro:
          'The link was used already, is older than 30 minutes, or the password has been changed since. Nothing was changed by this.',
      },
    },
    submit: 'Change password',
    submitting: 'Changing your password…',
    askForAnother: 'Ask for a new link',
    toSignIn: 'Back to sign in',
    signsOutHere: 'Setting it signs you out here.',
  },

  signUp: {
    title: 'Create your account',
    intro: 'You can send your first text in a minute.',
    introByInvitation: 'You need an invite code from the person who runs this server.',
    closedTitle: 'Sign-up is closed',
    closed: 'No new accounts can be created at the moment. Ask the person who runs this server.',
    submit: 'Create account',
    submitting: 'Creating your account…',
    inviteCode: 'Invite code',
    knownHere: 'Already have an account?',
    toSignIn: 'Sign in',
  },

  sessions: {
    title: 'Where you are signed in',
    intro: '“Sign out everywhere” includes this device.',
    loading: 'Loading…',
    current: 'This device',
    lastUsed: 'Last used #',
    signedIn: 'Signed in on #',
    signOut: 'Sign out',
    signOutOf: (device: string, since: string) => `Sign out ${device}, signed in on ${since}`,
    signOutHere: 'Sign out here',
    signOutEverywhere: 'Sign out everywhere',
    ended: (device: string) => `${device} is signed out.`,
    notLoaded: "This couldn't be loaded yet.",
    tryAgain: 'Try again',
  },

  changePassword: {
    title: 'Password',
    name: 'Your password',
    intro: 'Changing it signs out your other devices.',
    begin: 'Change password…',
    cancel: 'Cancel',
    current: 'Current password',
    submit: 'Change password',
    submitting: 'Changing your password…',
    done: 'Your password has been changed, and your other devices are signed out.',
  },

  exportAccount: {
    title: 'Download everything',
    intro:
      'Your account, messages with their delivery history, contacts, and the pictures you have added, in one file.',
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
    submit: 'Delete account and messages',
    submitting: 'Deleting…',
    cancel: 'Keep my account',
  },
} as const;
