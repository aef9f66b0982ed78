import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import {
  EMPTY,
  Observable,
  Subject,
  catchError,
  defer,
  firstValueFrom,
  switchMap,
  take,
  throwError,
} from 'rxjs';
import { describeProblem, problemReason } from '../api/describe-problem';
import { Message, Sending } from '../api/models';
import { POLL_INTERVAL_MS, Poll } from '../api/poll';
import { toProblem } from '../api/problem';
import { SessionStore } from '../session/session-store';
import { ConnectionStatusStore } from '../ui/connection-status-store';
import { latestOf } from './message-order';
import { MessagesClient } from './messages-client';

/** A poll is normally answered within this time. */
const EXPECTED_ANSWER_MS = 5_000;

/** A store of messages that `MessageSync` keeps current. */
export interface MessageSubscriber {
  /** Runs before changes are asked for. */
  beforeChanges?(): Promise<void>;
  /** All that had changed when `beforeChanges` was done is applied. */
  afterChanges?(): void;
  /** Loads what changes build on, unless it is loaded. Runs before changes are asked for. */
  loadFirst?(): Promise<void>;
  /** Too much has changed to be told: all that is loaded is to be loaded again, now or by `loadFirst`. */
  forget?(): void;
  /** The version of the message that the store has. */
  find(message: Message): Message | undefined;
  /** Merges changed messages, and new ones that belong into the store. Removes those that are deleted. */
  applyChanges(messages: readonly Message[]): void;
  /** Whether one of its messages waits to be handed to the provider. */
  hasPending(): boolean;
}

/**
 * Keeps everything that is loaded current: polls every ten seconds for the changes since the last poll, and publishes
 * them to its subscribers. It knows none of them, so that a new store or feature only has to subscribe.
 */
@Injectable()
export class MessageSync {
  readonly #client = inject(MessagesClient);
  readonly #connection = inject(ConnectionStatusStore);
  readonly #polling = inject(Poll);
  readonly #sessionStatus = inject(SessionStore).statusChanges;
  readonly #destroyRef = inject(DestroyRef);

  readonly #subscribers = new Set<MessageSubscriber>();
  readonly #refreshes = new Subject<void>();
  readonly #statusChanges = new Subject<readonly Message[]>();
  readonly #total = signal<number | undefined>(undefined);
  readonly #problem = signal('');
  readonly #paused = signal<Sending['paused']>(null);
  readonly #today = signal(new Date(), { equal: isSameDay });
  /** The ids of inbound messages that were published as new. */
  readonly #arrived = new Set<string>();
  /** The ids of messages that are known to be deleted: a response that is older may still have them. */
  readonly #deleted = new Set<string>();

  /** Messages whose status has just changed, new ones that this tab has sent, and those that have just come in. */
  readonly statusChanges = this.#statusChanges.asObservable();
  /** How many messages the user has in all, once that is known. */
  readonly total = this.#total.asReadonly();
  /** Why the last poll failed. */
  readonly problem = this.#problem.asReadonly();
  /** Set while the provider takes no messages and some of this user's wait. */
  readonly paused = this.#paused.asReadonly();
  readonly today = this.#today.asReadonly();

  /** For as long as the user is signed in, or until the function that is returned is called. */
  subscribe(subscriber: MessageSubscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => {
      this.#subscribers.delete(subscriber);
    };
  }

  /** Polls until the user signs out, whichever page is open. Call it once the stores have subscribed. */
  start(): void {
    this.#connection.reset();
    this.#destroyRef.onDestroy(() => {
      this.#connection.reset();
    });
    this.#whileSignedIn(() => this.#polling.every(() => this.#poll(), this.#refreshes))
      .pipe(takeUntilDestroyed(this.#destroyRef))
      .subscribe();
    this.#sessionStatus.pipe(takeUntilDestroyed(this.#destroyRef)).subscribe((status) => {
      if (status === 'unavailable') this.#connection.failed();
    });
  }

  /** Polls at once, because something has changed at the API. */
  refresh(): void {
    this.#client.distrustEtag();
    this.pollAgain();
  }

  /** Polls again, in a moment if a poll is under way. */
  pollAgain(): void {
    this.#refreshes.next();
  }

  /** Runs a load, or a change that may be repeated, until it succeeds and emits its result; a permanent error ends it. */
  load<T>(work: () => Promise<T>): Observable<T> {
    return this.#whileSignedIn(() => this.#polling.untilDone(() => defer(work))).pipe(take(1));
  }

  /** Publishes messages as the API has just returned them. Inbound ones that are unknown have just come in if `isNews`. */
  applyChanges(received: readonly Message[], isNews = false): void {
    for (const { _id, deleted_at } of received) if (deleted_at) this.#deleted.add(_id);
    const messages = received.filter(
      ({ _id, deleted_at }) => !!deleted_at || !this.#deleted.has(_id),
    );
    const changed = messages.filter((message) => {
      const known = this.#find(message);
      if (message.deleted_at) return false;
      if (!known) return isNews && this.#arrives(message);
      return known.status !== message.status && latestOf(known, message) !== known;
    });
    for (const subscriber of this.#subscribers) subscriber.applyChanges(messages);
    if (changed.length > 0) this.#statusChanges.next(changed);
  }

  /** Publishes that this tab has just deleted a message: `total` still counts it. */
  applyDeletion(message: Message): void {
    if (this.#deleted.has(message._id)) return;
    this.#total.update((total) => (total !== undefined ? total - 1 : total));
    const deleted_at = new Date().toISOString();
    this.applyChanges([{ ...message, content: '', deleted_at, version: message.version + 1 }]);
  }

  /** Publishes a message that this tab has just sent: `total` does not count it yet. */
  applyNew(message: Message): void {
    if (this.#deleted.has(message._id)) return;
    const isKnown = this.#find(message) !== undefined;
    if (!isKnown) this.#total.update((total) => (total !== undefined ? total + 1 : total));
    this.applyChanges([message]);
    if (!isKnown) this.#statusChanges.next([message]);
  }

  /** Whether an unknown message has just come in. A list of changes also has old ones, of which something has changed. */
  #arrives({ _id, direction, version }: Message): boolean {
    if (direction !== 'inbound' || version > 1 || this.#arrived.has(_id)) return false;
    this.#arrived.add(_id);
    return true;
  }

  /** The latest version that a subscriber has. */
  #find(message: Message): Message | undefined {
    const versions = [...this.#subscribers].flatMap((subscriber) => subscriber.find(message) ?? []);
    return versions.length > 0 ? versions.reduce(latestOf) : undefined;
  }

  /** While the session cannot be renewed, nothing is asked for: the session retries on its own. */
  #whileSignedIn<T>(work: () => Observable<T>): Observable<T> {
    return this.#sessionStatus.pipe(
      switchMap((status) => (status === 'signed-in' ? work() : EMPTY)),
    );
  }

  #poll(): Observable<unknown> {
    return defer(() => this.#sync()).pipe(
      catchError((error: unknown) => {
        const problem = toProblem(error);
        this.#problem.set(describeProblem(problem));
        this.#connection.failed(problem.status > 0 ? problemReason(problem) : '');
        return throwError(() => error);
      }),
    );
  }

  async #sync(): Promise<void> {
    // Together, or what is shown first would come later; and both to their end, or they would run twice at once.
    const first = [this.#beforeChanges(), this.#loadFirst()];
    await Promise.allSettled(first);
    await Promise.all(first);
    const changes = await firstValueFrom(this.#client.changes());
    if (changes !== 'unchanged') {
      const isTold = changes.isComplete && !changes.isRestored;
      if (isTold) this.applyChanges(changes.messages, changes.hasOnlyChanges);
      this.#total.set(changes.total);
      // A backup may have brought back what was deleted after it.
      if (changes.isRestored) this.#deleted.clear();
      if (!isTold) {
        for (const subscriber of this.#subscribers) subscriber.forget?.();
        await this.#loadFirst();
      }
    }
    for (const subscriber of this.#subscribers) subscriber.afterChanges?.();
    await this.#updatePaused();
    this.#today.set(new Date());
    this.#connection.succeeded(POLL_INTERVAL_MS + EXPECTED_ANSWER_MS);
    this.#problem.set('');
  }

  async #beforeChanges(): Promise<void> {
    for (const subscriber of this.#subscribers) await subscriber.beforeChanges?.();
  }

  async #loadFirst(): Promise<void> {
    for (const subscriber of this.#subscribers) await subscriber.loadFirst?.();
  }

  async #updatePaused(): Promise<void> {
    const isWaiting = [...this.#subscribers].some((subscriber) => subscriber.hasPending());
    const paused = isWaiting ? (await firstValueFrom(this.#client.sending())).paused : null;
    this.#paused.set(paused);
  }
}

function isSameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}
