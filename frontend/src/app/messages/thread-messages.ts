import { Message } from '../api/models';
import { isNewer, latestOf } from './message-order';
import { Page } from '../api/page';

/** How many messages of a conversation are held, more or less: what is further away is loaded again when it is wanted. */
export const MOST_HELD = 500;
/** So many arrive before the oldest are let go: not with each one. */
const SLACK = 100;

/** What is loaded of one conversation: messages that follow each other without gaps, newest first. */
export interface Log {
  readonly messages: readonly Message[];
  /** Of the conversation, as of the last page. While there are later ones, what arrives is not counted. */
  readonly total: number;
  readonly hasEarlier: boolean;
  readonly hasLater: boolean;
}

export function toLog({ rows, total, hasMore, hasNewer }: Page<Message>): Log {
  return { messages: rows, total, hasEarlier: hasMore, hasLater: hasNewer };
}

/** With the page before its oldest message. The latest are let go where it becomes too long. */
export function withEarlier(log: Log, { rows, total, hasMore }: Page<Message>): Log {
  const oldest = log.messages.at(-1);
  const earlier = rows.filter((message) => !oldest || isNewer(oldest, message));
  const all = [...log.messages, ...earlier];
  return {
    messages: all.slice(-MOST_HELD),
    total,
    hasEarlier: hasMore,
    hasLater: log.hasLater || all.length > MOST_HELD,
  };
}

/** With the page after its newest message. The earliest are let go where it becomes too long. */
export function withLater(log: Log, { rows, total, hasNewer }: Page<Message>): Log {
  const newest = log.messages[0];
  const later = rows.filter((message) => !newest || isNewer(message, newest));
  const all = [...later, ...log.messages];
  return {
    messages: all.slice(0, MOST_HELD),
    total,
    hasEarlier: log.hasEarlier || all.length > MOST_HELD,
    hasLater: hasNewer,
  };
}

/** What has been heard of this conversation. Answers the same log if that changes nothing. */
export function withHeard(log: Log, heard: readonly Message[]): Log {
  const places = new Map(log.messages.map(({ _id }, place) => [_id, place]));
  const messages = [...log.messages];
  const added = new Map<string, Message>();
  let changed = false;
  for (const message of heard) {
    const place = places.get(message._id);
    const known = place === undefined ? undefined : messages[place];
    if (place !== undefined && known) {
      const latest = latestOf(known, message);
      changed ||= latest !== known;
      messages[place] = latest;
    } else if (belongs(log, message)) {
      added.set(message._id, message);
    }
  }
  if (added.size === 0) return changed ? { ...log, messages } : log;
  const all = [...added.values(), ...messages].sort((one, other) => (isNewer(one, other) ? -1 : 1));
  const isTooLong = all.length > MOST_HELD + SLACK;
  return {
    messages: isTooLong ? all.slice(0, MOST_HELD) : all,
    total: log.total + added.size,
    hasEarlier: log.hasEarlier || isTooLong,
    hasLater: log.hasLater,
  };
}

/** Earlier and later ones come with their page. */
function belongs({ messages, hasEarlier, hasLater }: Log, message: Message): boolean {
  const [newest, oldest] = [messages[0], messages.at(-1)];
  if (!newest || !oldest) return !hasEarlier && !hasLater;
  return (!hasEarlier || isNewer(message, oldest)) && (!hasLater || isNewer(newest, message));
}
