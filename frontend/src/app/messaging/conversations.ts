import { Message } from '../api/models';
import { dayName } from '../texts/formats';
import { Outgoing } from './outbox';

export interface Conversation {
  readonly peer: string;
  /** Oldest first, as they are read. */
  readonly messages: readonly Message[];
  readonly outgoing: readonly Outgoing[];
}

export interface Day {
  readonly name: string;
  readonly messages: readonly Message[];
}

/** All conversations among these messages (newest first), the liveliest first. */
export function toConversations(
  messages: readonly Message[],
  outbox: readonly Outgoing[],
): Conversation[] {
  const peers = new Set([
    ...outbox.map(({ recipient }) => recipient).reverse(),
    ...messages.map(({ peer_number }) => peer_number),
  ]);
  return [...peers].map((peer) => ({
    peer,
    messages: messages.filter(({ peer_number }) => peer_number === peer).toReversed(),
    outgoing: outbox.filter(({ recipient }) => recipient === peer),
  }));
}

/** Messages (oldest first) under the days on which they were written. */
export function toDays(messages: readonly Message[]): Day[] {
  const days: { name: string; messages: Message[] }[] = [];
  for (const message of messages) {
    const name = dayName(new Date(message.created_at));
    const day = days.at(-1);
    if (day?.name === name) day.messages.push(message);
    else days.push({ name, messages: [message] });
  }
  return days;
}
