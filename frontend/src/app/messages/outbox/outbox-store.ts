import { HttpErrorResponse } from '@angular/common/http';
import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { filter, firstValueFrom, fromEvent, merge, pairwise } from 'rxjs';
import { RANDOM, retryDelay } from '../../api/backoff';
import { describeProblem, problemReason } from '../../api/describe-problem';
import { IS_REACHABLE } from '../../api/loopback';
import { Message } from '../../api/models';
import { Poll } from '../../api/poll';
import { Problem, toProblem } from '../../api/problem';
import { formTexts } from '../../i18n/form-texts';
import { messagesTexts } from '../../i18n/messages-texts';
import { SessionStore } from '../../session/session-store';
import { withTabLock } from '../../session/tab-lock';
import { UserStorage } from '../../session/user-storage';
import { MessageSync } from '../message-sync';
import { MessagesClient, storedMessageOf } from '../messages-client';
import { WrittenMessage } from '../pictures';
import { newRandomKey } from '../random-key';
import {
  PendingMessage,
  byTime,
  fromStored,
  heldForUser,
  isDefinitelyUnsent,
  isSentAutomatically,
  isWaiting,
  stateAfter,
  toStored,
} from './pending-message';

/** Another tab that has begun to send a message has had an answer by then, or has stored why not. */
const OTHER_TAB_TIMEOUT_MS = 65_000;

/** A message as this tab last saw it in the storage that all tabs share. */
interface StoredEntry {
  readonly json: string;
  /** When this tab first saw it so, if another tab has written it. */
  readonly seenAt: number | undefined;
}

/**
 * Messages on their way to the API. Messages to one recipient are sent in the order of writing, each once the API has
 * accepted the one before or refused it for good. Each is stored in the browser, with its Idempotency-Key, from before
 * its first request until it is answered. All tabs share the stored messages: they take turns where the browser has
 * locks, and where it has none, the key makes two requests one message.
 */
@Injectable()
export class OutboxStore {
  readonly #client = inject(MessagesClient);
  readonly #sync = inject(MessageSync);
  readonly #poll = inject(Poll);
  readonly #random = inject(RANDOM);
  readonly #userId = inject(SessionStore).user()?.id ?? '';
  readonly #storage = inject(UserStorage).namespace('unsent', this.#userId);

  readonly #outbox = signal<readonly PendingMessage[]>([]);
  /** What is stored; a message that could not be stored has no entry. */
  readonly #stored = new Map<string, StoredEntry>();
  /** Keys of messages that are answered or discarded: a tab that stores one of them again is late. */
  readonly #settled = new Set<string>();
  /** Keys of messages that the user wants to be sent, however old they are. */
  readonly #requested = new Set<string>();
  /** Recipients to whom a message is being sent, or who wait for the lock. */
  readonly #active = new Set<string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #isReachable = inject(IS_REACHABLE);
  /** How often the network has come back. */
  #reconnects = 0;
  #isDestroyed = false;

  /** In the order of writing. */
  readonly outbox = this.#outbox.asReadonly();

  constructor() {
    fromEvent(window, 'online')
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        this.#reconnects += 1;
      });
    const recovered = toObservable(this.#sync.problem).pipe(
      pairwise(),
      filter(([before, now]) => before !== '' && now === ''),
    );
    merge(recovered, fromEvent(window, 'online'))
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        this.#retryUnanswered();
      });
    // A page that comes back from the browser's cache has missed the events of the storage.
    merge(this.#storage.changes, fromEvent(window, 'pageshow'))
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        if (this.#syncFromStorage()) this.#poll.now();
        this.#advanceAll();
      });
    inject(DestroyRef).onDestroy(() => {
      this.#isDestroyed = true;
      for (const timer of this.#timers.values()) clearTimeout(timer);
    });
    this.#takeOverStored();
    // After a reload, nobody knows how long the API has been back.
    this.#retryUnanswered();
  }

  /** Shows the message at once. */
  send({ recipient_number: recipient, content, media }: WrittenMessage): void {
    this.#syncFromStorage();
    const before = this.#outbox().findLast((pending) => pending.recipient === recipient);
    const pending: PendingMessage = {
      key: newRandomKey(),
      recipient,
      content,
      ...(media && { media }),
      writtenAt: new Date(Math.max(Date.now(), (before?.writtenAt.getTime() ?? 0) + 1)),
      state: this.#next(recipient) ? 'queued' : 'sending',
      problem: '',
      isRecipientError: false,
      mayBeAccepted: false,
      failures: 0,
      retryAt: undefined,
    };
    this.#outbox.update((outbox) => [...outbox, pending]);
    this.#store(pending);
    this.#advance(recipient);
  }

  /** The user wants it sent: now, or once earlier messages to the same recipient are sent. */
  sendAgain({ key, recipient }: PendingMessage): void {
    this.#requested.add(key);
    this.#change(key, { state: 'queued', problem: '', retryAt: undefined });
    this.#advance(recipient);
  }

  /** Returns whether the message is discarded: one that the API may have is not. */
  discard({ key, recipient }: PendingMessage): boolean {
    this.#syncFromStorage();
    const pending = this.#find(key);
    if (!pending || !isDefinitelyUnsent(pending)) return false;
    this.#remove(key);
    this.#outbox.update((outbox) => outbox.filter((other) => other !== pending));
    this.#advance(recipient);
    return true;
  }

  /** At the start: the tab that has stored the messages may be gone, so that this one sends them. */
  #takeOverStored(): void {
    this.#syncFromStorage();
    for (const [key, { json }] of this.#stored) {
      this.#stored.set(key, { json, seenAt: undefined });
    }
  }

  /** The network or the API is back: a message without an answer need not wait for its backoff to end. */
  #retryUnanswered(): void {
    for (const recipient of this.#recipients()) {
      const next = this.#next(recipient);
      if (next?.state === 'unanswered') this.#change(next.key, { retryAt: new Date() });
      this.#advance(recipient);
    }
  }

  #advanceAll(): void {
    for (const recipient of this.#recipients()) this.#advance(recipient);
  }

  #recipients(): Set<string> {
    return new Set(this.#outbox().map(({ recipient }) => recipient));
  }

  /**
   * Sends the next message to this recipient, now or when it is due. Unlike all other retries, this goes on in a hidden
   * tab: a user who has written a message often leaves the tab, and the message shall arrive all the same.
   */
  #advance(recipient: string): void {
    clearTimeout(this.#timers.get(recipient));
    this.#timers.delete(recipient);
    if (this.#isDestroyed || this.#active.has(recipient)) return;
    const next = this.#next(recipient);
    if (!next) return;
    const delay = this.#dueAt(next) - Date.now();
    if (delay <= 0) {
      void this.#sendNext(recipient);
    } else if (Number.isFinite(delay)) {
      const advance = (): void => {
        this.#advance(recipient);
      };
      this.#timers.set(recipient, setTimeout(advance, delay));
    }
  }

  async #sendNext(recipient: string): Promise<void> {
    this.#active.add(recipient);
    try {
      await withTabLock(`mysms.send.${this.#userId}.${recipient}`, async () => {
        this.#syncFromStorage();
        const next = this.#isDestroyed ? undefined : this.#next(recipient);
        if (!next || this.#dueAt(next) > Date.now()) return;
        const isWanted = isSentAutomatically(next, Date.now()) || this.#requested.has(next.key);
        if (isWanted) await this.#post(next);
        else this.#holdForUser(recipient);
      });
    } finally {
      this.#active.delete(recipient);
    }
    this.#advance(recipient);
  }

  #next(recipient: string): PendingMessage | undefined {
    return this.#outbox().find((pending) => pending.recipient === recipient && isWaiting(pending));
  }

  /** The message has waited too long, and later messages must not overtake it: the user decides about all of them. */
  #holdForUser(recipient: string): void {
    for (const pending of this.#outbox()) {
      if (pending.recipient === recipient && isWaiting(pending)) {
        this.#change(pending.key, heldForUser(pending));
      }
    }
  }

  /** A message of another tab is left to that tab, unless one of this tab waits behind it. */
  #dueAt({ key, recipient, failures, retryAt }: PendingMessage): number {
    // The first attempt is made without a network too: what browsers say about it is not always true.
    if (failures > 0 && !this.#isReachable() && !this.#requested.has(key)) return Infinity;
    const due = retryAt?.getTime() ?? 0;
    const seenAt = this.#stored.get(key)?.seenAt;
    const hasOwn = this.#outbox().some(
      (pending) =>
        pending.recipient === recipient &&
        isWaiting(pending) &&
        this.#stored.get(pending.key)?.seenAt === undefined,
    );
    return seenAt === undefined || hasOwn ? due : Math.max(due, seenAt + OTHER_TAB_TIMEOUT_MS);
  }

  async #post({ key, recipient, content, media, state, failures }: PendingMessage): Promise<void> {
    // While it is retried again and again it keeps its appearance, instead of flickering with each attempt.
    if (state !== 'unanswered') this.#change(key, { state: 'sending', retryAt: undefined });
    const wasOffline = this.#watchNetwork();
    try {
      const pictures = media && { media: media.map(({ id }) => id) };
      const message = { recipient_number: recipient, content, ...pictures };
      const sent = this.#client.send(message, key);
      this.#settle(key, await firstValueFrom(sent));
    } catch (error) {
      const problem = toProblem(error);
      const stored = isApiAnswer(error) ? storedMessageOf(problem) : undefined;
      if (stored) {
        this.#settle(key, stored);
      } else if (problem.code === 'message_deleted') {
        // It was sent, and the user has deleted it since.
        this.#settle(key);
      } else if (
        problem.status === 0 &&
        problem.code === 'offline' &&
        this.#find(key)?.mayBeAccepted === false &&
        wasOffline()
      ) {
        this.#awaitNetwork(key, failures + 1);
      } else {
        this.#fail(key, problem, isApiAnswer(error), failures + 1);
      }
    }
  }

  /** The result tells whether there was no network all the time: then a request has certainly not left this browser. */
  #watchNetwork(): () => boolean {
    const isOffline = !this.#isReachable();
    const reconnects = this.#reconnects;
    return () => isOffline && !this.#isReachable() && reconnects === this.#reconnects;
  }

  #awaitNetwork(key: string, failures: number): void {
    this.#requested.delete(key);
    const problem = messagesTexts.pending.offline;
    this.#change(key, { state: 'queued', problem, failures, retryAt: undefined });
  }

  #fail(key: string, problem: Problem, isAnswer: boolean, failures: number): void {
    this.#requested.delete(key);
    const pending = this.#find(key);
    if (!pending) return;
    let state = isAnswer ? stateAfter(problem) : 'unanswered';
    if (state === 'postponed' && pending.mayBeAccepted) state = 'unanswered';
    const retryAt = new Date(Date.now() + retryDelay(failures, problem, this.#random));
    this.#change(key, {
      state,
      problem: describe(problem),
      isRecipientError: 'recipient_number' in problem.errors,
      // Too old to be sent again.
      ...('media' in problem.errors && {
        media: pending.media?.map((picture) => ({ ...picture, uploadedAt: 0 })),
      }),
      mayBeAccepted: pending.mayBeAccepted || state === 'unanswered',
      failures,
      retryAt: state === 'refused' ? undefined : retryAt,
    });
    if (!isSentAutomatically(pending, retryAt.getTime())) this.#holdForUser(pending.recipient);
  }

  #settle(key: string, message?: Message): void {
    this.#remove(key);
    if (message) this.#sync.applyNew(message);
    this.#outbox.update((outbox) => outbox.filter((pending) => pending.key !== key));
  }

  #find(key: string): PendingMessage | undefined {
    return this.#outbox().find((pending) => pending.key === key);
  }

  #change(key: string, change: Partial<PendingMessage>): void {
    this.#syncFromStorage();
    const pending = this.#find(key);
    if (!pending) return;
    const changed = { ...pending, ...change };
    this.#outbox.update((outbox) => outbox.map((other) => (other === pending ? changed : other)));
    this.#store(changed);
  }

  #store(pending: PendingMessage): void {
    this.#storage.set(pending.key, toStored(pending));
    const stored = this.#storage.read().get(pending.key);
    if (stored === undefined) return;
    this.#stored.set(pending.key, { json: JSON.stringify(stored), seenAt: undefined });
  }

  #remove(key: string): void {
    this.#settled.add(key);
    this.#requested.delete(key);
    this.#stored.delete(key);
    this.#storage.remove(key);
  }

  /** Reads what all tabs share. Returns whether a message is gone from there: another tab has settled it. */
  #syncFromStorage(): boolean {
    const stored = new Map<string, PendingMessage>();
    for (const [key, value] of this.#storage.read()) {
      const pending = fromStored(key, value);
      if (this.#settled.has(key)) this.#storage.remove(key);
      else if (pending) stored.set(key, this.#merge(pending, JSON.stringify(value)));
    }
    const gone = new Set([...this.#stored.keys()].filter((key) => !stored.has(key)));
    for (const key of gone) {
      this.#settled.add(key);
      this.#stored.delete(key);
    }
    const unstored = this.#outbox().filter(({ key }) => !stored.has(key) && !gone.has(key));
    const outbox = [...stored.values(), ...unstored].sort(byTime);
    if (!isSame(outbox, this.#outbox())) this.#outbox.set(outbox);
    return gone.size > 0;
  }

  #merge(pending: PendingMessage, json: string): PendingMessage {
    const own = this.#find(pending.key);
    if (own && this.#stored.get(pending.key)?.json === json) return own;
    this.#stored.set(pending.key, { json, seenAt: Date.now() });
    return pending;
  }
}

/** An answer about the message, as opposed to an error on the way to asking, such as renewing the session. */
function isApiAnswer(error: unknown): boolean {
  return error instanceof HttpErrorResponse && (error.url ?? '').endsWith('/api/messages');
}

function isSame(one: readonly PendingMessage[], other: readonly PendingMessage[]): boolean {
  return one.length === other.length && one.every((pending, index) => pending === other[index]);
}

function describe(problem: Problem): string {
  const labels: Readonly<Record<string, string>> = {
    recipient_number: messagesTexts.compose.phoneNumber,
    content: messagesTexts.compose.message,
  };
  const sentences = Object.entries(problem.errors).flatMap(([field, errors]) =>
    field === 'media'
      ? messagesTexts.pending.picturesGone
      : errors.map((error) =>
          formTexts.fieldError(labels[field] ?? formTexts.apiField(field), error),
        ),
  );
  if (sentences.length > 0) return sentences.join(' ');
  // The time of the next attempt is shown beside it.
  return problem.status === 429 ? problemReason(problem) : describeProblem(problem);
}
