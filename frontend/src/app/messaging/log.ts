import { Message } from '../api/models';
import { isNewer, latestOf } from './order';
import { Page } from './page';

/** What is loaded of one conversation: its newest messages, newest first and without gaps. */
export interface Log {
  readonly messages: readonly Message[];
  /** Of the conversation. */
  readonly total: number;
  readonly hasEarlier: boolean;
}

export function toLog({ rows, total, hasMore }: Page<Message>): Log {
  return { messages: rows, total, hasEarlier: hasMore };
}

export function withEarlier(log: Log, page: Page<Message>): Log {
  const oldest = log.messages.at(-1);
  const earlier = page.rows.filter((message) => !oldest || isNewer(oldest, message));
  return {
    messages: [...log.messages, ...earlier],
    total: log.total,
    hasEarlier: page.hasMore,
  };
}

/** What has been heard of this conversation. Answers the same log if that changes nothing. */
export function withHeard(log: Log, heard: readonly Message[]): Log {
  const places = new Map(log.messages.map(({ _id }, place) => [_id, place]));
  const oldest = log.messages.at(-1);
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
    } else if (!log.hasEarlier || (oldest && isNewer(message, oldest))) {
      // Older ones come with their page.
      added.set(message._id, message);
    }
  }
  if (added.size === 0) return changed ? { ...log, messages } : log;
  return {
    ...log,
    messages: [...added.values(), ...messages].sort((one, other) => (isNewer(one, other) ? -1 : 1)),
    total: log.total + added.size,
  };
}
