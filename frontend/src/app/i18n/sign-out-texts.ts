interface Unsent {
  readonly messages: number;
  readonly drafts: number;
}

/** What is said before somebody signs out who has written what is not sent: apart, so that it loads with it. */
export const leavingTexts = {
  title: 'Sign out?',
  /** What there is of both. */
  explanation: (unsent: Unsent) => `Signing out deletes ${inWords(unsent)} from this browser.`,
  stay: 'Stay signed in',
  leave: 'Sign out and delete',
  withAccount: (unsent: Unsent) => `It also deletes ${inWords(unsent)} from this browser.`,
} as const;

function inWords({ messages, drafts }: Unsent): string {
  return [counted(messages, 'unsent message'), counted(drafts, 'draft')]
    .filter((part) => part !== '')
    .join(' and ');
}

function counted(count: number, thing: string): string {
  if (count === 0) return '';
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
