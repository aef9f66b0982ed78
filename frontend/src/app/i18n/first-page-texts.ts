/** What any first page needs. */
export const firstPageTexts = {
  brand: 'MySMS Messenger',

  titles: {
    signIn: 'Sign in · MySMS Messenger',
    signUp: 'Create an account · MySMS Messenger',
    forgotPassword: 'Forgot your password? · MySMS Messenger',
    resetPassword: 'Choose a new password · MySMS Messenger',
    notFound: 'Not found · MySMS Messenger',
    messages: 'Messages · MySMS Messenger',
  },
  titleOf: (page: string) => `${page} · MySMS Messenger`,

  loadFailed: "This page couldn't be loaded. You may be offline, or there is a newer version.",
  reload: 'Reload',
} as const;
