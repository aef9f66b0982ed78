import { Conversation, Message } from '../api/models';
import { isNewer, latestOf } from './message-order';
import { Outgoing } from './outbox/pending-message';
import { Page } from '../api/page';

/** The conversation list as far as it is loaded, the liveliest first. */
export interface Conversations {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
}

export interface Row {
  readonly peer: string;
  readonly last: Message;
}

/** A conversation by the newest thing in it: a message that the API has, or one that waits for its answer. */
export type Entry =
  | { readonly peer: string; readonly last: Message }
  | { readonly peer: string; readonly outgoing: Outgoing };

/** Each by the newer of both, and in the order of these. */
export function withOutgoing(rows: readonly Row[], outbox: readonly Outgoing[]): readonly Entry[] {
  if (outbox.length === 0) return rows;
  const entries = new Map<string, Entry>(rows.map((row) => [row.peer, row]));
  for (const outgoing of outbox) {
    const peer = outgoing.recipient;
    const known = entries.get(peer);
    if (!known || timeOf(known) <= outgoing.writtenAt.getTime())
      entries.set(peer, { peer, outgoing });
  }
  return [...entries.values()].sort((one, other) => timeOf(other) - timeOf(one));
}

function timeOf(entry: Entry): number {
  return 'last' in entry ? Date.parse(entry.last.created_at) : entry.outgoing.writtenAt.getTime();
}

export function toConversations({ rows, hasMore }: Page<Conversation>): Conversations {
  return {
    rows: rows.map(({ peer_number, last_message }) => ({ peer: peer_number, last: last_message })),
    hasMore,
  };
}

export function withMore(loaded: Conversations, page: Page<Conversation>): Conversations {
  const more = toConversations(page);
  const known = new Set(loaded.rows.map(({ peer }) => peer));
  return {
    rows: [...loaded.rows, ...more.rows.filter(({ peer }) => !known.has(peer))],
    hasMore: more.hasMore,
  };
}

/** What has been heard, of whomever. Answers the same list if that changes nothing. */
export function withHeard(loaded: Conversations, heard: readonly Message[]): Conversations {
  const rows = new Map(loaded.rows.map((row) => [row.peer, row]));
  const oldest = loaded.rows.at(-1)?.last;
  let changed = false;
  for (const message of heard) {
    const row = rows.get(message.peer_number);
    const isBelow = loaded.hasMore && oldest && !isNewer(message, oldest);
    const last = row ? lastOf(row.last, message) : isBelow ? undefined : message;
    if (last === undefined || last === row?.last) continue;
    rows.set(message.peer_number, { peer: message.peer_number, last });
    changed = true;
  }
  if (!changed) return loaded;
  const sorted = [...rows.values()].sort((one, other) => (isNewer(one.last, other.last) ? -1 : 1));
  return { ...loaded, rows: sorted };
}

function lastOf(last: Message, message: Message): Message {
  if (message._id === last._id) return latestOf(last, message);
  return isNewer(message, last) ? message : last;
}
