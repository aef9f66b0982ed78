import { Message } from '../../api/models';
import { Problem } from '../../api/problem';
import { messagingTexts } from '../../i18n/messages-texts';
import { isNewer } from '../message-order';
import { StatusPresentation, presentStatus } from '../message-status';

/**
 * - `queued`: waits for the messages before it to the same person, or for the network; nothing has reached the API.
 * - `sending`: the API is being asked.
 * - `unanswered`: the API was asked, and nobody knows whether it has taken it. It is asked again.
 * - `postponed`: the API has not taken it, and says when to ask again.
 * - `refused`: the API has not taken it, and will not as it is.
 */
export type OutgoingState = (typeof STATES)[number];

const STATES = ['queued', 'sending', 'unanswered', 'postponed', 'refused'] as const;

/** A message that the API has not answered for yet. */
export interface Outgoing {
  /** Its Idempotency-Key: the same for each attempt, so that none sends it twice. */
  readonly key: string;
  readonly recipient: string;
  readonly content: string;
  /** No two messages to one person have the same. */
  readonly writtenAt: Date;
  readonly state: OutgoingState;
  /** Sentences about why it is not sent; of one that is queued, what it waits for if not for those before it. */
  readonly problem: string;
  /** What the API says is wrong with it is the number, and not the text. */
  readonly isNumberAtFault: boolean;
  /** An attempt got no answer: unless the API refuses it for good, it may have it. */
  readonly mayBeTaken: boolean;
  /** In a row. */
  readonly failures: number;
  /** When the API is asked again, where its author need not say so. */
  readonly retryAt: Date | undefined;
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
  readonly state: OutgoingState;
  readonly problem: string;
  readonly isNumberAtFault: boolean;
  readonly mayBeTaken: boolean;
  readonly failures: number;
  readonly retryAt: string | null;
}

/** Longer ago, whether it still matters is for its author to say. */
const SENT_UNASKED_FOR_MS = 24 * 3600 * 1000;

export function toUnsent(outgoing: Outgoing): Unsent {
  const { recipient, content, writtenAt, state, problem, retryAt } = outgoing;
  const { isNumberAtFault, mayBeTaken, failures } = outgoing;
  return {
    recipient,
    content,
    writtenAt: writtenAt.toISOString(),
    state,
    problem,
    isNumberAtFault,
    mayBeTaken,
    failures,
    retryAt: retryAt?.toISOString() ?? null,
  };
}

/** What was kept, by this version or by an earlier one, which knew less of it. */
export function toOutgoing(key: string, thing: unknown): Outgoing | undefined {
  const unsent = thing as (Partial<Unsent> & { isRefused?: unknown }) | null;
  if (typeof unsent?.recipient !== 'string' || typeof unsent.content !== 'string') return undefined;
  const writtenAt = toDate(unsent.writtenAt);
  if (!writtenAt) return undefined;
  const isOld = unsent.isRefused === false;
  return {
    key,
    recipient: unsent.recipient,
    content: unsent.content,
    writtenAt,
    state:
      STATES.find((state) => state === unsent.state) ??
      (unsent.isRefused === true ? 'refused' : 'unanswered'),
    problem: typeof unsent.problem === 'string' ? unsent.problem : '',
    isNumberAtFault: unsent.isNumberAtFault === true,
    // Not kept by earlier versions, and not in the middle of an attempt.
    mayBeTaken: unsent.mayBeTaken !== false || unsent.state === 'sending',
    failures: typeof unsent.failures === 'number' ? unsent.failures : 0,
    retryAt: isOld ? new Date() : toDate(unsent.retryAt),
    others: undefined,
  };
}

/** In the order in which they were written. */
export function byTime(one: Outgoing, other: Outgoing): number {
  return one.writtenAt.getTime() - other.writtenAt.getTime() || (one.key < other.key ? -1 : 1);
}

/** Young enough to be sent without its author saying so once more. */
export function isSentUnasked({ writtenAt }: Outgoing, now: number): boolean {
  return now - writtenAt.getTime() < SENT_UNASKED_FOR_MS;
}

/** It is to be sent, now or later, and those after it to the same person wait for it. */
export function isWaiting({ state, retryAt }: Outgoing): boolean {
  return state === 'queued' || state === 'sending' || retryAt !== undefined;
}

/** How it is once it waits for its author. */
export function left({ state, problem }: Outgoing): Partial<Outgoing> {
  if (state === 'queued')
    return { state: 'postponed', problem: messagingTexts.sending.old, retryAt: undefined };
  return { state: state === 'sending' ? 'unanswered' : state, problem, retryAt: undefined };
}

/** The API is known not to have it: then it can be changed, or thrown away. */
export function isSurelyUnsent({ state, mayBeTaken }: Outgoing): boolean {
  return state === 'refused' || (!mayBeTaken && (state === 'queued' || state === 'postponed'));
}

/**
 * What an answer that is not the message says about it. For good is only what the API itself (its problems have a code)
 * says about this request. 401 is about the session, 404 and 405 about the address, 408, 425 and 429 about the time;
 * of what something between us and the API answers, nobody knows whether it has got through.
 */
export function stateAfter({ status, code }: Problem): 'unanswered' | 'postponed' | 'refused' {
  if (code === '') return 'unanswered';
  if (status === 429) return 'postponed';
  return [400, 403, 409, 413, 415, 422].includes(status) ? 'refused' : 'unanswered';
}

/** Never that it has failed, where nobody knows. */
export function presentOutgoing({ state, problem }: Outgoing): StatusPresentation {
  const { inProgress, queued, waitsForAnswer } = messagingTexts.sending;
  switch (state) {
    case 'queued':
      return { ...presentStatus('pending'), text: problem || queued };
    case 'sending':
      return { ...presentStatus('sending'), text: inProgress };
    case 'unanswered':
      return { ...presentStatus('unconfirmed'), text: waitsForAnswer };
    case 'postponed':
      return presentStatus('pending');
    case 'refused':
      return presentStatus('failed');
  }
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

function toDate(thing: unknown): Date | undefined {
  const date = typeof thing === 'string' ? new Date(thing) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}
