import { Message } from '../api/models';

/** A message that the API has not answered for yet. */
export interface Outgoing {
  /** Its Idempotency-Key: the same for each attempt, so that none sends it twice. */
  readonly key: string;
  readonly recipient: string;
  readonly content: string;
  readonly writtenAt: Date;
  readonly state: 'sending' | 'failed';
  readonly problem: string;
  /** The API is known not to have taken it. */
  readonly isEditable: boolean;
  /** Messages that are surely others, however alike they look. */
  readonly others: ReadonlySet<string>;
}

/** The API may show a message before it has answered the call that sent it. */
export function withoutArrived(
  outbox: readonly Outgoing[],
  messages: readonly Message[],
): readonly Outgoing[] {
  const taken = new Set<string>();
  return outbox.filter((outgoing) => {
    const arrived = messages.find(
      (message) =>
        message.direction === 'outbound' &&
        message.recipient_number === outgoing.recipient &&
        message.content === outgoing.content &&
        !outgoing.others.has(message._id) &&
        !taken.has(message._id),
    );
    if (arrived) taken.add(arrived._id);
    return !arrived;
  });
}

/** The API has answered the call with this key by this message. */
export function withoutSettled(
  outbox: readonly Outgoing[],
  key: string,
  message: Message,
): readonly Outgoing[] {
  return outbox
    .filter((outgoing) => outgoing.key !== key)
    .map((outgoing) => ({ ...outgoing, others: new Set([...outgoing.others, message._id]) }));
}
