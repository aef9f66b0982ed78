/** The question before a message is deleted. */
export const deletionTexts = {
  title: 'Delete this message?',
  text: "It is deleted for you only, on all your devices, and can't be restored. Whoever you have sent it to keeps it.",
  confirm: 'Delete',
  keep: 'Keep',
  failed: "The message wasn't deleted",
  tryAgain: 'Try again',
} as const;
