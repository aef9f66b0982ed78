import { Message } from '../../api/models';

/** What was unread when the conversation was opened: so many messages up to the newest one then. */
export interface UnreadAtOpening {
  readonly count: number;
  readonly newest: string;
}

/** The id of the first unread message, once it is loaded. Messages are given newest first. */
export function findFirstUnread(
  messages: readonly Message[],
  { count, newest }: UnreadAtOpening,
): string | undefined {
  const from = messages.findIndex(({ _id }) => _id === newest);
  if (count === 0 || from < 0) return undefined;
  const inbound = messages.slice(from).filter(({ direction }) => direction === 'inbound');
  return inbound[count - 1]?._id;
}
