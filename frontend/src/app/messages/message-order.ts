import { Message } from '../api/models';

/** Compares as text: times are RFC 3339 UTC with milliseconds, and ids grow. */
export function isNewer(one: Message, other: Message): boolean {
  return one.created_at === other.created_at
    ? one._id > other._id
    : one.created_at > other.created_at;
}

/** Responses can overtake each other. */
export function latestOf(known: Message, received: Message): Message {
  return isLater(received, known) ? received : known;
}

/** Times say less than versions: two changes can have the same one, and servers' clocks differ. */
function isLater(one: Message, other: Message): boolean {
  // Processes of an earlier version of the API do not count the changes.
  return one.version === other.version
    ? one.updated_at > other.updated_at
    : one.version > other.version;
}
