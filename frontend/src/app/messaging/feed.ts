import { DestroyRef, Injectable, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import {
  EMPTY,
  Observable,
  catchError,
  defer,
  firstValueFrom,
  from,
  switchMap,
  throwError,
} from 'rxjs';
import { Message, Sending } from '../api/models';
import { Poll } from '../api/poll';
import { explain, toProblem } from '../api/problem';
import { SessionStore } from '../session/session-store';
import { LivenessStore } from '../ui/liveness';
import { ConversationsStore } from './conversations-store';
import { MessagesClient } from './messages-client';
import { StatusNews } from './status-news';
import { ThreadsStore } from './threads-store';

/** Answers can overtake each other, and servers' clocks differ: each look goes back a little further. */
const OVERLAP_MS = 30_000;
const THE_BEGINNING = new Date(0).toISOString();

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

  readonly #total = signal<number | undefined>(undefined);
  readonly #problem = signal('');
  readonly #paused = signal<Sending['paused']>(null);
  readonly #today = signal(new Date(), { equal: isSameDay });
  readonly #open = signal<string | undefined>(undefined);
  /** The newest change that has been heard of. */
  #asOf: number | undefined;

  /** How many messages there are in all. */
  readonly total = computed(() => this.#total() ?? 0);
  /** Why what is on the screen may be out of date. */
  readonly problem = this.#problem.asReadonly();
  /** Set while the carrier takes no messages and some of ours wait. */
  readonly paused = this.#paused.asReadonly();
  readonly today = this.#today.asReadonly();

  constructor() {
    const poll = inject(Poll);
    this.#liveness.connecting();
    inject(DestroyRef).onDestroy(() => {
      this.#liveness.rest();
    });
    inject(SessionStore)
      .statusChanges.pipe(
        switchMap((status) => {
          if (status === 'unavailable') this.#liveness.offline();
          return status === 'signed-in' ? poll.every(() => this.#look()) : EMPTY;
        }),
        takeUntilDestroyed(),
      )
      .subscribe();
  }

  /** The conversation that is looked at: it is loaded, now or as soon as that works. */
  open(peer: string): void {
    this.#open.set(peer);
    void this.#threads.open(peer);
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

  #look(): Observable<unknown> {
    return defer(() => from(this.#catchUp())).pipe(
      catchError((error: unknown) => {
        this.#problem.set(explain(toProblem(error)));
        this.#liveness.offline();
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
    const open = this.#open();
    if (open !== undefined) await this.#threads.open(open);
    await this.#askWhetherPaused();
    this.#today.set(new Date());
    this.#problem.set('');
    this.#liveness.upToDate();
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
