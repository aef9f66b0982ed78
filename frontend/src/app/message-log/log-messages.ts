import { Message } from '../api/models';
import { withoutDeleted } from '../messages/deleted-messages';
import { isNewer, latestOf } from '../messages/message-order';

/** What is held in memory at most; the rest can be narrowed down, or exported. */
export const MOST_ROWS = 5_000;
const LATE_MS = 60_000;

/** The newest messages that match, without a gap between them, newest first. */
export interface LogMessages {
  readonly messages: readonly Message[];
  /** The id from which the next page follows; undefined at the end. */
  readonly next: string | undefined;
}

/** Adds the page after the oldest message. */
export function appendPage(
  loaded: LogMessages,
  rows: readonly Message[],
  next: string | undefined,
): LogMessages {
  const known = new Set(loaded.messages.map(({ _id }) => _id));
  return limit([...loaded.messages, ...rows.filter(({ _id }) => !known.has(_id))], next);
}

/**
 * Merges changes, removes what is deleted, and adds what matches and lies within what is loaded. The same object if that
 * changes nothing.
 */
export function mergeChanges(
  before: LogMessages,
  changes: readonly Message[],
  isMatch: (message: Message) => boolean,
): LogMessages {
  const kept = withoutDeleted(before.messages, changes);
  const loaded = kept === before.messages ? before : { ...before, messages: kept };
  const added = new Map<string, Message>();
  for (const message of changes) {
    added.set(message._id, latestOf(added.get(message._id) ?? message, message));
  }
  const messages = loaded.messages.map((known) => {
    const latest = latestOf(known, added.get(known._id) ?? known);
    added.delete(known._id);
    return latest;
  });
  const found = [...added.values()].filter(
    (message) => !message.deleted_at && isWithin(loaded, message) && isMatch(message),
  );
  if (found.length === 0) {
    const isChanged = messages.some((message, index) => message !== loaded.messages[index]);
    return isChanged ? { ...loaded, messages } : loaded;
  }
  const all = [...found, ...messages].sort((one, other) => (isNewer(one, other) ? -1 : 1));
  return limit(all, loaded.next);
}

/**
 * Older messages come with their page: adding them here would leave a gap. A page can end long after its last row, at
 * a message that does not match; ids grow, but say nothing of a message that was stored late.
 */
function isWithin({ messages, next }: LogMessages, message: Message): boolean {
  const oldest = messages.at(-1);
  if (next === undefined || (!!oldest && isNewer(message, oldest))) return true;
  return message._id > next && !isStoredLate(message);
}

/** Whether it was stored long after its time, which is when it was received. An id begins with the second of storing. */
function isStoredLate({ _id, created_at }: Message): boolean {
  return Number.parseInt(_id.slice(0, 8), 16) * 1000 - Date.parse(created_at) > LATE_MS;
}

function limit(all: readonly Message[], next: string | undefined): LogMessages {
  const messages = all.slice(0, MOST_ROWS);
  // What is dropped follows the last row that is kept.
  return { messages, next: messages.length < all.length ? messages.at(-1)?._id : next };
}
