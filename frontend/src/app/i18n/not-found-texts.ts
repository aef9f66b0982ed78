export const notFoundTexts = {
  title: "This page doesn't exist",
  explanation: 'The link may be old, or the address mistyped:',
  toMessages: 'Go to your messages',
  toSignIn: 'Sign in',
} as const;
