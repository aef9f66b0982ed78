import { Message } from '../api/models';
import { isNewer } from './order';

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
  readonly isRefused: boolean;
  /** Messages that are surely others, however alike they look; undefined where nobody knows any more. */
  readonly others: Others | undefined;
}

interface Others {
  /** It and all before it. */
  readonly upTo: Message | undefined;
  readonly ids: ReadonlySet<string>;
}

/** What is kept of it until the API has answered. */
export interface Unsent {
  readonly recipient: string;
  readonly content: string;
  readonly writtenAt: string;
  readonly isRefused: boolean;
  readonly problem: string;
}

/** Longer ago, whether it still matters is for its author to say. */
const RESUMED_FOR_MS = 24 * 3600 * 1000;

export function toUnsent({ recipient, content, writtenAt, isRefused, problem }: Outgoing): Unsent {
  return { recipient, content, writtenAt: writtenAt.toISOString(), isRefused, problem };
}

/** As it is after a reload: not sending, whatever it was doing. */
export function toOutgoing(key: string, unsent: Unsent): Outgoing {
  const { recipient, content, writtenAt, isRefused, problem } = unsent;
  return {
    key,
    recipient,
    content,
    writtenAt: new Date(writtenAt),
    state: 'failed',
    problem,
    isRefused,
    others: undefined,
  };
}

/** Whether to ask again, without being told to, what became of it. */
export function isToBeResumed({ state, isRefused, writtenAt }: Outgoing, now: Date): boolean {
  return state === 'failed' && !isRefused && now.getTime() - writtenAt.getTime() < RESUMED_FOR_MS;
}

export function isUnsent(thing: unknown): thing is Unsent {
  const unsent = thing as Partial<Unsent> | null;
  return (
    typeof unsent?.recipient === 'string' &&
    typeof unsent.content === 'string' &&
    typeof unsent.writtenAt === 'string' &&
    typeof unsent.problem === 'string' &&
    typeof unsent.isRefused === 'boolean'
  );
}

/** The API may show a message before it has answered the call that sent it: it is not shown twice. */
export function withoutArrived(
  outbox: readonly Outgoing[],
  messages: readonly Message[],
): readonly Outgoing[] {
  const taken = new Set<string>();
  return outbox.filter((outgoing) => {
    const arrived = messages.find((message) => mayBe(outgoing, message) && !taken.has(message._id));
    if (arrived) taken.add(arrived._id);
    return !arrived;
  });
}

/** The API has answered the call with this key by this message. */
export function withoutSettled(
  outbox: readonly Outgoing[],
  key: string,
  { _id }: Message,
): readonly Outgoing[] {
  return outbox
    .filter((outgoing) => outgoing.key !== key)
    .map((outgoing) => {
      const others = outgoing.others;
      return others
        ? { ...outgoing, others: { ...others, ids: new Set([...others.ids, _id]) } }
        : outgoing;
    });
}

/** One that has failed always shows: what looks like it may be another. */
function mayBe({ state, recipient, content, others }: Outgoing, message: Message): boolean {
  return (
    state === 'sending' &&
    others !== undefined &&
    message.direction === 'outbound' &&
    message.recipient_number === recipient &&
    message.content === content &&
    !others.ids.has(message._id) &&
    (!others.upTo || isNewer(message, others.upTo))
  );
}
