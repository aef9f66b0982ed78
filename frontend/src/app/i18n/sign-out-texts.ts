import { plural } from './plural';

interface UnsentCounts {
  readonly messages: number;
  readonly drafts: number;
}

/** What signing out or deleting the account would delete from this browser too. */
export const signOutTexts = {
  title: 'Sign out?',
  explanation: (unsent: UnsentCounts) =>
    `${listed(unsent)} Signing out deletes what is only in this browser.`,
  cancel: 'Stay signed in',
  confirm: 'Sign out and delete',
  withAccount: (unsent: UnsentCounts) =>
    `${listed(unsent)} Deleting your account also deletes what is only in this browser.`,
} as const;

function listed({ messages, drafts }: UnsentCounts): string {
  const sentences = [];
  if (messages > 0) {
    sentences.push(
      plural(messages, { one: 'You have # unsent message.', other: 'You have # unsent messages.' }),
    );
  }
  if (drafts > 0) {
    sentences.push(plural(drafts, { one: 'You have # draft.', other: 'You have # drafts.' }));
  }
  return sentences.join(' ');
}
