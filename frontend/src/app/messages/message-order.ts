import { Message } from '../api/models';

/** RFC 3339 UTC in milliseconds, and ids that grow: both compare as text. */
export function isNewer(one: Message, other: Message): boolean {
  return one.created_at === other.created_at
    ? one._id > other._id
    : one.created_at > other.created_at;
}

/** Answers overtake each other: of two about one message, what was said last holds. */
export function latestOf(known: Message, heard: Message): Message {
  return heard.updated_at > known.updated_at ? heard : known;
}
