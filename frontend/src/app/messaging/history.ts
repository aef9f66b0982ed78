import { Message } from '../api/models';
import { HistoryPage } from './messages-client';

/** What is loaded of a person's messages: newest first and without gaps. */
export interface History {
  readonly messages: readonly Message[];
  readonly total: number;
  readonly hasEarlier: boolean;
}

/** The newest page over what is loaded: what is known is brought up to date, the rest stays. */
export function withLatest(history: History, page: HistoryPage): History {
  const [first, last] = [page.messages[0], page.messages.at(-1)];
  const loaded = history.messages;
  // An answer that was on its way while a message was sent does not know of that message yet.
  const newer = loaded.filter((message) => !first || isNewer(message, first));
  const older = loaded.filter((message) => last && isNewer(last, message));
  const leavesAGap = page.hasEarlier && loaded.length > 0 && older.length === loaded.length;
  const kept = leavesAGap ? [] : older;
  const known = new Map(loaded.map((message) => [message._id, message]));
  return {
    messages: [
      ...newer,
      ...page.messages.map((message) => latestOf(message, known.get(message._id))),
      ...kept,
    ],
    total: page.total + newer.length,
    hasEarlier: kept.length > 0 ? history.hasEarlier : page.hasEarlier,
  };
}

export function withEarlier(history: History, page: HistoryPage): History {
  const loaded = new Set(history.messages.map(({ _id }) => _id));
  return {
    messages: [...history.messages, ...page.messages.filter(({ _id }) => !loaded.has(_id))],
    total: page.total,
    hasEarlier: page.hasEarlier,
  };
}

/** One message as the API has just answered it. */
export function withMessage(history: History, message: Message): History {
  const known = history.messages.find(({ _id }) => _id === message._id);
  if (known) {
    return {
      ...history,
      messages: history.messages.map((other) =>
        other === known ? latestOf(message, known) : other,
      ),
    };
  }
  const messages = [...history.messages, message].sort((one, other) =>
    isNewer(one, other) ? -1 : 1,
  );
  return { ...history, messages, total: history.total + 1 };
}

/** Answers overtake each other. */
function latestOf(message: Message, known: Message | undefined): Message {
  return known && known.updated_at > message.updated_at ? known : message;
}

/** RFC 3339 UTC in milliseconds, and ids that grow: both compare as text. */
function isNewer(one: Message, other: Message): boolean {
  return one.created_at === other.created_at
    ? one._id > other._id
    : one.created_at > other.created_at;
}
