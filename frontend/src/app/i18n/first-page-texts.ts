/** What the first page needs, whichever it is. */
export const firstPageTexts = {
  brand: 'MY SMS MESSENGER',

  titles: {
    signIn: 'Sign in · MySMS Messenger',
    signUp: 'Create an account · MySMS Messenger',
    messages: 'Messages · MySMS Messenger',
    account: 'Your account · MySMS Messenger',
  },

  missingPart: 'This could not be loaded: you may be offline, or there is a newer version.',
  reload: 'Reload',
} as const;
