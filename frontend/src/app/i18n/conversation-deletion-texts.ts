import { PluralForms, plural } from './plural';

const messages: PluralForms = { one: '# message', other: '# messages' };
const kept: PluralForms = {
  one: 'Deleted, but for # message: it may still be sent, or has just come in.',
  other: 'Deleted, but for # messages: they may still be sent, or have just come in.',
};

/** The question before a conversation is deleted, and what becomes of it. */
export const conversationDeletionTexts = {
  title: (name: string) => `Delete the conversation with ${name}?`,
  /** Until the number is known, without it. */
  text: (count: number | undefined) =>
    `${count === undefined ? 'All its messages are' : `${plural(count, messages)} will be`} deleted for you only, on all ` +
    "your devices, and can't be restored. Whoever you have written to keeps theirs. What may still be sent, or has just " +
    'come in, is kept.',
  confirm: 'Delete',
  keep: 'Keep',
  deleting: 'Deleting the conversation…',
  progress: 'Messages deleted',
  done: 'Conversation deleted',
  kept: (count: number) => plural(count, kept),
  delayed: (problem: string) => `Deleting the conversation… ${problem}`,
  failed: (problem: string) => `The conversation wasn't deleted completely. ${problem}`,
  tryAgain: 'Try again',
  close: 'Close',
} as const;
