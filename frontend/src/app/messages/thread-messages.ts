import { Message } from '../api/models';
import { Page } from '../api/page';
import { withoutDeleted } from './deleted-messages';
import { isNewer, latestOf } from './message-order';

/** About how many messages of a conversation are held in memory: those further away are loaded again when needed. */
export const MAX_MESSAGES = 500;
/** The number of new messages that may arrive before the oldest are dropped, so that not every new one causes a drop. */
const SLACK = 100;

/** The loaded part of one conversation: messages without a gap between them, newest first. */
export interface ThreadMessages {
  readonly messages: readonly Message[];
  /** Of the whole conversation, as of the last page. New messages are not counted while `hasNewer`. */
  readonly total: number;
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

export function toThreadMessages({
  rows,
  total,
  hasMore,
  hasNewer,
}: Page<Message>): ThreadMessages {
  return { messages: rows, total, hasOlder: hasMore, hasNewer };
}

/** Adds the page before the oldest message, and drops the newest messages beyond the maximum. */
export function prependPage(
  loaded: ThreadMessages,
  { rows, total, hasMore }: Page<Message>,
): ThreadMessages {
  const oldest = loaded.messages.at(-1);
  const earlier = rows.filter((message) => !oldest || isNewer(oldest, message));
  const all = [...loaded.messages, ...earlier];
  return {
    messages: all.slice(-MAX_MESSAGES),
    total,
    hasOlder: hasMore,
    hasNewer: loaded.hasNewer || all.length > MAX_MESSAGES,
  };
}

/** Adds the page after the newest message, and drops the oldest messages beyond the maximum. */
export function appendPage(
  loaded: ThreadMessages,
  { rows, total, hasNewer }: Page<Message>,
): ThreadMessages {
  const newest = loaded.messages[0];
  const later = rows.filter((message) => !newest || isNewer(message, newest));
  const all = [...later, ...loaded.messages];
  return {
    messages: all.slice(0, MAX_MESSAGES),
    total,
    hasOlder: loaded.hasOlder || all.length > MAX_MESSAGES,
    hasNewer,
  };
}

/**
 * Merges new and changed messages of this conversation, and removes deleted ones. Returns the same object if they change
 * nothing.
 */
export function mergeChanges(before: ThreadMessages, changes: readonly Message[]): ThreadMessages {
  const kept = withoutDeleted(before.messages, changes);
  const removed = before.messages.length - kept.length;
  const loaded =
    removed === 0 ? before : { ...before, messages: kept, total: before.total - removed };
  const indexes = new Map(loaded.messages.map(({ _id }, index) => [_id, index]));
  const messages = [...loaded.messages];
  const added = new Map<string, Message>();
  let changed = false;
  for (const message of changes) {
    const index = indexes.get(message._id);
    const known = index === undefined ? undefined : messages[index];
    if (index !== undefined && known) {
      const latest = latestOf(known, message);
      changed ||= latest !== known;
      messages[index] = latest;
    } else if (!message.deleted_at && isWithin(loaded, message)) {
      added.set(message._id, message);
    }
  }
  if (added.size === 0) return changed ? { ...loaded, messages } : loaded;
  const all = [...added.values(), ...messages].sort((one, other) => (isNewer(one, other) ? -1 : 1));
  const isTooLong = all.length > MAX_MESSAGES + SLACK;
  return {
    messages: isTooLong ? all.slice(0, MAX_MESSAGES) : all,
    total: loaded.total + added.size,
    hasOlder: loaded.hasOlder || isTooLong,
    hasNewer: loaded.hasNewer,
  };
}

/** Messages before or after the loaded part come with their page: adding them here would leave a gap. */
function isWithin({ messages, hasOlder, hasNewer }: ThreadMessages, message: Message): boolean {
  const [newest, oldest] = [messages[0], messages.at(-1)];
  if (!newest || !oldest) return !hasOlder && !hasNewer;
  return (!hasOlder || isNewer(message, oldest)) && (!hasNewer || isNewer(newest, message));
}
