import { Conversation, Message } from '../api/models';
import { Page } from '../api/page';
import { isNewer, latestOf } from './message-order';
import { PendingMessage } from './outbox/pending-message';

/** The loaded part of the conversation list, the most recent conversation first. */
export interface Conversations {
  readonly rows: readonly ConversationRow[];
  readonly hasMore: boolean;
}

export interface ConversationRow {
  readonly peer: string;
  readonly last: Message;
}

/** A conversation with its newest message: one that the API has stored, or one that is still in the outbox. */
export type ConversationEntry =
  ConversationRow | { readonly peer: string; readonly pending: PendingMessage };

/** Shows each conversation by the newer of its last message and its newest message in the outbox, most recent first. */
export function withPending(
  rows: readonly ConversationRow[],
  outbox: readonly PendingMessage[],
): readonly ConversationEntry[] {
  if (outbox.length === 0) return rows;
  const entries = new Map<string, ConversationEntry>(rows.map((row) => [row.peer, row]));
  for (const pending of outbox) {
    const peer = pending.recipient;
    const known = entries.get(peer);
    if (!known || timeOf(known) <= pending.writtenAt.getTime()) {
      entries.set(peer, { peer, pending });
    }
  }
  return [...entries.values()].sort((one, other) => timeOf(other) - timeOf(one));
}

function timeOf(entry: ConversationEntry): number {
  return 'last' in entry ? Date.parse(entry.last.created_at) : entry.pending.writtenAt.getTime();
}

export function toConversations({ rows, hasMore }: Page<Conversation>): Conversations {
  return {
    rows: rows.map(({ peer_number, last_message }) => ({ peer: peer_number, last: last_message })),
    hasMore,
  };
}

export function appendPage(loaded: Conversations, page: Page<Conversation>): Conversations {
  const more = toConversations(page);
  const known = new Set(loaded.rows.map(({ peer }) => peer));
  return {
    rows: [...loaded.rows, ...more.rows.filter(({ peer }) => !known.has(peer))],
    hasMore: more.hasMore,
  };
}

/**
 * Merges new and changed messages of any conversation. Returns the same object if they change nothing. A last message that
 * is deleted stays, without its text, until `replaceDeleted`.
 */
export function mergeChanges(loaded: Conversations, changes: readonly Message[]): Conversations {
  const rows = new Map(loaded.rows.map((row) => [row.peer, row]));
  const oldest = loaded.rows.at(-1)?.last;
  let changed = false;
  for (const message of changes) {
    const row = rows.get(message.peer_number);
    // A conversation further down comes with its page.
    const isBelow = !!message.deleted_at || (loaded.hasMore && oldest && !isNewer(message, oldest));
    const last = row ? newerOf(row.last, message) : isBelow ? undefined : message;
    if (last === undefined || last === row?.last) continue;
    rows.set(message.peer_number, { peer: message.peer_number, last });
    changed = true;
  }
  if (!changed) return loaded;
  const sorted = [...rows.values()].sort((one, other) => (isNewer(one.last, other.last) ? -1 : 1));
  return { ...loaded, rows: sorted };
}

/** Shows the newest message in place of a deleted one, unless there is a newer one by now. */
export function replaceDeleted(
  loaded: Conversations,
  deleted: Message,
  newest: Message | undefined,
): Conversations {
  const { peer_number: peer, _id } = deleted;
  if (!loaded.rows.some(({ last }) => last._id === _id && last.deleted_at)) return loaded;
  const others = { ...loaded, rows: loaded.rows.filter((row) => row.peer !== peer) };
  return newest ? mergeChanges(others, [newest]) : others;
}

function newerOf(last: Message, message: Message): Message {
  if (message._id === last._id) {
    if (last.deleted_at) return last;
    return message.deleted_at ? message : latestOf(last, message);
  }
  return !message.deleted_at && isNewer(message, last) ? message : last;
}
