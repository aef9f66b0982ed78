import { Message } from '../api/models';

/** Compares as text: times are RFC 3339 UTC with milliseconds, and ids grow. */
export function isNewer(one: Message, other: Message): boolean {
  return one.created_at === other.created_at
    ? one._id > other._id
    : one.created_at > other.created_at;
}

/** Responses can overtake each other: of two versions of one message, the one updated last is right. */
export function latestOf(known: Message, received: Message): Message {
  return received.updated_at > known.updated_at ? received : known;
}
