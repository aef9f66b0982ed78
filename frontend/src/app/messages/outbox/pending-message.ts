import { Message } from '../../api/models';
import { Problem } from '../../api/problem';
import { messagesTexts } from '../../i18n/messages-texts';
import { StatusPresentation, presentStatus } from '../message-status';
import { Picture, toPictures } from '../pictures';

/**
 * - `queued`: waits for earlier messages to the same recipient, or for the network. Nothing has reached the API.
 * - `sending`: a request is running.
 * - `unanswered`: a request got no answer, so that the API may have the message. It is repeated.
 * - `postponed`: the API has not taken the message, and says when to ask again.
 * - `refused`: the API has not taken the message and will not take it as it is.
 */
export type PendingState = (typeof STATES)[number];

const STATES = ['queued', 'sending', 'unanswered', 'postponed', 'refused'] as const;

/** A message for which the API has not answered yet. */
export interface PendingMessage {
  /** Its Idempotency-Key: the same for each attempt, so that no attempt sends it twice. */
  readonly key: string;
  readonly recipient: string;
  readonly content: string;
  readonly media?: readonly Picture[] | undefined;
  /** Different for all messages to one recipient. */
  readonly writtenAt: Date;
  readonly state: PendingState;
  /**
   * Why it is not sent, in sentences. For a queued message it says what the message waits for. It is empty if that is
   * an earlier message to the same recipient.
   */
  readonly problem: string;
  /** The API has refused the recipient's number and not the text. */
  readonly isRecipientError: boolean;
  /** An attempt got no answer: the API may have the message, unless it refuses it for good later. */
  readonly mayBeAccepted: boolean;
  /** Consecutive failed attempts. */
  readonly failures: number;
  /** When it is sent again automatically; undefined where the user decides. */
  readonly retryAt: Date | undefined;
}

/** A pending message as the browser stores it until the API has answered. */
export interface StoredMessage {
  readonly recipient: string;
  readonly content: string;
  readonly media?: readonly Picture[];
  readonly writtenAt: string;
  readonly state: PendingState;
  readonly problem: string;
  readonly isRecipientError: boolean;
  readonly mayBeAccepted: boolean;
  readonly failures: number;
  readonly retryAt: string | null;
}

/** A message that is older may no longer matter: the user decides whether it is still sent. */
const SENT_AUTOMATICALLY_FOR_MS = 24 * 3600 * 1000;

export function toStored(pending: PendingMessage): StoredMessage {
  const { recipient, content, media, writtenAt, state, problem, retryAt } = pending;
  const { isRecipientError, mayBeAccepted, failures } = pending;
  return {
    recipient,
    content,
    ...(media && { media }),
    writtenAt: writtenAt.toISOString(),
    state,
    problem,
    isRecipientError,
    mayBeAccepted,
    failures,
    retryAt: retryAt?.toISOString() ?? null,
  };
}

/** Returns undefined for a value that is no stored message. */
export function fromStored(key: string, value: unknown): PendingMessage | undefined {
  const stored = value as Partial<StoredMessage> | null;
  if (typeof stored?.recipient !== 'string' || typeof stored.content !== 'string') return undefined;
  const writtenAt = toDate(stored.writtenAt);
  if (!writtenAt) return undefined;
  const media = toPictures(stored.media);
  return {
    key,
    recipient: stored.recipient,
    content: stored.content,
    ...(media.length > 0 && { media }),
    writtenAt,
    state: STATES.find((state) => state === stored.state) ?? 'unanswered',
    problem: typeof stored.problem === 'string' ? stored.problem : '',
    isRecipientError: stored.isRecipientError === true,
    // Not yet true in the middle of an attempt.
    mayBeAccepted: stored.mayBeAccepted !== false || stored.state === 'sending',
    failures: typeof stored.failures === 'number' ? stored.failures : 0,
    retryAt: toDate(stored.retryAt),
  };
}

/** In the order of writing. */
export function byTime(one: PendingMessage, other: PendingMessage): number {
  return one.writtenAt.getTime() - other.writtenAt.getTime() || (one.key < other.key ? -1 : 1);
}

/** Whether it is recent enough to be sent without asking the user again. */
export function isSentAutomatically({ writtenAt }: PendingMessage, now: number): boolean {
  return now - writtenAt.getTime() < SENT_AUTOMATICALLY_FOR_MS;
}

/** It will be sent, now or later, and later messages to the same recipient wait for it. */
export function isWaiting({ state, retryAt }: PendingMessage): boolean {
  return state === 'queued' || state === 'sending' || retryAt !== undefined;
}

/** The changes that make it wait for the user's decision. */
export function heldForUser({ state, problem }: PendingMessage): Partial<PendingMessage> {
  if (state === 'queued')
    return { state: 'postponed', problem: messagesTexts.pending.old, retryAt: undefined };
  return { state: state === 'sending' ? 'unanswered' : state, problem, retryAt: undefined };
}

/** The API certainly does not have it: then it can be edited or discarded. */
export function isDefinitelyUnsent({ state, mayBeAccepted }: PendingMessage): boolean {
  return state === 'refused' || (!mayBeAccepted && (state === 'queued' || state === 'postponed'));
}

/** It will be sent, and the API certainly does not have it yet. */
export function waitsHere(pending: PendingMessage): boolean {
  return isWaiting(pending) && isDefinitelyUnsent(pending);
}

/**
 * The state after an error response. Only what the API itself says about this request is final: its problems have a
 * code. 401 is about the session, 404 and 405 about the address, 408, 425 and 429 about the time. An answer of anything
 * between browser and API does not say whether the request got through.
 */
export function stateAfter({ status, code }: Problem): 'unanswered' | 'postponed' | 'refused' {
  if (code === '') return 'unanswered';
  if (status === 429) return 'postponed';
  return [400, 403, 409, 413, 415, 422].includes(status) ? 'refused' : 'unanswered';
}

/** Never shows a failure where the outcome is unknown. */
export function presentPending({ state, problem }: PendingMessage): StatusPresentation {
  const { inProgress, queued, waitsForAnswer } = messagesTexts.pending;
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

/** A poll may bring a message before the request that sends it is answered: then the pending one is not shown too. */
export function withoutEchoed(
  outbox: readonly PendingMessage[],
  messages: readonly Message[],
): readonly PendingMessage[] {
  const stored = new Set(messages.map(({ client_id }) => client_id));
  return outbox.filter(({ key }) => !stored.has(key));
}

function toDate(value: unknown): Date | undefined {
  const date = typeof value === 'string' ? new Date(value) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}
