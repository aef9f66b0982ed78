/** Going to a date of a conversation. */
export const jumpTexts = {
  title: 'Jump to a date',
  date: 'Date',
  hint: 'Shows the conversation from that day on.',
  submit: 'Jump',
  cancel: 'Cancel',
} as const;
