import { plural } from './plural';

/** The question for the columns of a table that was pasted as recipients. */
export const pastedTableTexts = {
  title: 'Which column has the phone numbers?',
  text: 'Only what you choose here is added to the recipients.',
  column: (position: number) => `Column ${position}`,
  count: (count: number) => plural(count, { one: '# entry', other: '# entries' }),
  submit: (count: number) => plural(count, { one: 'Add # entry', other: 'Add # entries' }),
  cancel: 'Cancel',
} as const;
