import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import {
  EMPTY,
  Observable,
  catchError,
  defer,
  firstValueFrom,
  switchMap,
  take,
  throwError,
} from 'rxjs';
import { Message, Sending } from '../api/models';
import { explain, reasonOf } from '../api/describe-problem';
import { POLL_INTERVAL_MS, Poll } from '../api/poll';
import { toProblem } from '../api/problem';
import { SessionStore } from '../session/session-store';
import { LivenessStore } from '../ui/connection-status-store';
import { ConversationsStore } from './conversations-store';
import { MessagesClient } from './messages-client';
import { StatusNews } from './status-announcer';
import { ThreadsStore } from './threads-store';

/** Answers can overtake each other, and servers' clocks differ: each look goes back a little further. */
const OVERLAP_MS = 30_000;
const THE_BEGINNING = new Date(0).toISOString();

/** A look that is due has been answered by then, where all is well. */
const ANSWERED_WITHIN_MS = 5_000;

/**
 * Keeps everything that is loaded true: one look every ten seconds at what has changed since the
 * last one. Only the looks move the time from which the next one asks; a message heard of otherwise
 * says nothing of the others.
 */
@Injectable()
export class Feed {
  readonly #client = inject(MessagesClient);
  readonly #conversations = inject(ConversationsStore);
  readonly #threads = inject(ThreadsStore);
  readonly #news = inject(StatusNews);
  readonly #liveness = inject(LivenessStore);
  readonly #poll = inject(Poll);
  readonly #statusChanges = inject(SessionStore).statusChanges;

  readonly #total = signal<number | undefined>(undefined);
  readonly #problem = signal('');
  readonly #paused = signal<Sending['paused']>(null);
  readonly #today = signal(new Date(), { equal: isSameDay });
  /** The newest change that has been heard of. */
  #asOf: number | undefined;

  /** How many messages there are in all, once that is known. */
  readonly total = this.#total.asReadonly();
  /** Why the last look failed. */
  readonly problem = this.#problem.asReadonly();
  /** Set while the carrier takes no messages and some of ours wait. */
  readonly paused = this.#paused.asReadonly();
  readonly today = this.#today.asReadonly();

  constructor() {
    this.#liveness.reset();
    inject(DestroyRef).onDestroy(() => {
      this.#liveness.reset();
    });
    this.#whileSignedIn(() => this.#poll.every(() => this.#look()))
      .pipe(takeUntilDestroyed())
      .subscribe();
    this.#statusChanges.pipe(takeUntilDestroyed()).subscribe((status) => {
      if (status === 'unavailable') this.#liveness.failed();
    });
  }

  /** Loads something as soon as that works, and answers it; an error that lasts ends it. */
  load<T>(work: () => Promise<T>): Observable<T> {
    return this.#whileSignedIn(() => this.#poll.untilDone(() => defer(work))).pipe(take(1));
  }

  /** Messages as the API has just answered them. */
  hear(messages: readonly Message[]): void {
    const changed = messages.filter((message) => {
      const known = this.#threads.find(message) ?? this.#conversations.find(message);
      return known && known.status !== message.status && known.updated_at < message.updated_at;
    });
    this.#threads.hear(messages);
    this.#conversations.hear(messages);
    this.#news.tell(changed);
  }

  /** One that has just been written: none that is loaded counts it yet. */
  hearNew(message: Message): void {
    const isKnown = this.#threads.find(message) ?? this.#conversations.find(message);
    if (!isKnown) this.#total.update((total) => (total !== undefined ? total + 1 : total));
    this.hear([message]);
    if (!isKnown) this.#news.tell([message]);
  }

  /** A session that cannot be renewed is retried on its own. */
  #whileSignedIn<T>(work: () => Observable<T>): Observable<T> {
    return this.#statusChanges.pipe(
      switchMap((status) => (status === 'signed-in' ? work() : EMPTY)),
    );
  }

  #look(): Observable<unknown> {
    return defer(() => this.#catchUp()).pipe(
      catchError((error: unknown) => {
        const problem = toProblem(error);
        this.#problem.set(explain(problem));
        this.#liveness.failed(problem.status > 0 ? reasonOf(problem) : '');
        return throwError(() => error);
      }),
    );
  }

  async #catchUp(): Promise<void> {
    if (!this.#conversations.isLoaded()) {
      await this.#conversations.load();
      this.#note(this.#conversations.rows().map(({ last }) => last));
    }
    const begun = performance.now();
    const since = this.#asOf === undefined ? THE_BEGINNING : iso(this.#asOf - OVERLAP_MS);
    const changes = await firstValueFrom(this.#client.changes(since));
    if (changes !== 'unchanged') {
      this.hear(changes.messages);
      this.#total.set(changes.total);
      this.#note(changes.messages, performance.now() - begun);
    }
    await this.#askWhetherPaused();
    this.#today.set(new Date());
    this.#liveness.succeeded(POLL_INTERVAL_MS + ANSWERED_WITHIN_MS);
    if (this.#problem() === '') return;
    this.#problem.set('');
    // What has failed meanwhile need not wait any longer.
    this.#poll.now();
  }

  /** What changed while the pages of one look were read may have slipped between them. */
  #note(messages: readonly Message[], lookedForMs = 0): void {
    const times = messages.map(({ updated_at }) => Date.parse(updated_at) - lookedForMs);
    const newest = times.reduce((one, other) => Math.max(one, other), this.#asOf ?? -Infinity);
    if (Number.isFinite(newest)) this.#asOf = newest;
  }

  async #askWhetherPaused(): Promise<void> {
    const isWaiting =
      this.#threads.hasPending() ||
      this.#conversations.rows().some(({ last }) => last.status === 'pending');
    const paused = isWaiting ? (await firstValueFrom(this.#client.sending())).paused : null;
    this.#paused.set(paused);
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function isSameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}
