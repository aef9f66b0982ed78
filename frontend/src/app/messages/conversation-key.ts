/** The conversation key of a message to a new recipient. */
export const NEW_MESSAGE = 'new';

/** No name of a sender begins like this. */
const ESCAPE = '~';

/** What stands for a conversation in addresses and drafts: its number or name, even if a sender's name is "new". */
export function toConversationKey(peer: string): string {
  return peer === NEW_MESSAGE ? ESCAPE + peer : peer;
}

export function peerOf(conversationKey: string): string {
  return conversationKey.startsWith(ESCAPE) ? conversationKey.slice(1) : conversationKey;
}
