/** What can be done with one conversation, and what was done. */
export const archiveTexts = {
  menu: 'Actions on the conversation',
  archive: 'Archive',
  unarchive: 'Unarchive',
  markRead: 'Mark as read',
  markUnread: 'Mark as unread',
  jump: 'Jump to a date…',
  delete: 'Delete conversation…',
  archived: 'Conversation archived',
  unarchived: 'Conversation unarchived',
  undo: 'Undo',
} as const;
