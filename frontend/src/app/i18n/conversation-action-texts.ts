/** What can be done with one conversation, and what was done. */
export const conversationActionTexts = {
  menu: 'Actions on the conversation',
  archive: 'Archive',
  unarchive: 'Unarchive',
  mute: 'Mute notifications',
  unmute: 'Unmute notifications',
  markRead: 'Mark as read',
  markUnread: 'Mark as unread',
  jump: 'Jump to a date…',
  delete: 'Delete conversation…',
  archived: 'Conversation archived',
  unarchived: 'Conversation unarchived',
  muted: 'Conversation muted',
  unmuted: 'Conversation unmuted',
  undo: 'Undo',
} as const;
