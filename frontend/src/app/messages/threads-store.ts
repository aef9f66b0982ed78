import { Injectable, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { describeProblem } from '../api/describe-problem';
import { Message } from '../api/models';
import { isTransient, toProblem } from '../api/problem';
import { MessageCache } from './cache/message-cache';
import { ChangesMeanwhile } from './changes-meanwhile';
import { MessageSubscriber, MessageSync } from './message-sync';
import { MessagesClient, Position } from './messages-client';
import {
  ThreadMessages,
  appendPage,
  mergeChanges,
  prependPage,
  toThreadMessages,
} from './thread-messages';

/** A conversation as far as it is loaded, or why it is not. */
export interface ThreadState {
  readonly loaded: ThreadMessages | undefined;
  /** What is loaded comes from the cache of this browser, and the API has not answered yet. */
  readonly isCached: boolean;
  /** In milliseconds since 1970. */
  readonly openedAt: number;
  readonly loading: boolean;
  readonly problem: string;
}

/** How many conversations stay in memory: beyond that, those opened longest ago are dropped and loaded again when needed. */
export const MAX_THREADS = 10;

const FIRST_PAGE = 50;
const NEXT_PAGE = 100;
const NOT_LOADED: ThreadState = {
  loaded: undefined,
  isCached: false,
  openedAt: 0,
  loading: false,
  problem: '',
};

/** The conversations that have been opened. */
@Injectable()
export class ThreadsStore implements MessageSubscriber {
  readonly #client = inject(MessagesClient);
  readonly #cache = inject(MessageCache);

  /** In the order in which they were opened. */
  readonly #threads = signal<ReadonlyMap<string, ThreadState>>(new Map());
  readonly #loads = new Map<string, Promise<unknown>>();
  readonly #meanwhile = new ChangesMeanwhile();
  #isForgotten = false;

  constructor() {
    inject(MessageSync).subscribe(this);
  }

  /** Reads a signal: a computation that calls it is notified of changes. */
  thread(peer: string): ThreadState {
    return this.#threads().get(peer) ?? NOT_LOADED;
  }

  /**
   * Shows the newest messages as this browser has cached them, until `open` or `openAt` has loaded some; with an id, only
   * if they include this message.
   */
  async restore(peer: string, id?: string): Promise<void> {
    if (this.thread(peer).loaded) return;
    this.#markOpened(peer);
    const cached = await this.#cache.thread(peer);
    if (!cached || cached.messages.length === 0 || this.thread(peer).loaded) return;
    if (id !== undefined && !cached.messages.some(({ _id }) => _id === id)) return;
    this.#change(peer, { loaded: cached, isCached: true });
  }

  /** Loads the newest messages, unless the API has told some. Rejects with the error, which the thread's `problem` describes too. */
  async open(peer: string): Promise<void> {
    this.#markOpened(peer);
    if (this.#current(peer)) return;
    await this.#load(peer, async () => {
      if (!this.#current(peer)) await this.#loadNewest(peer);
    });
  }

  /**
   * Loads the messages around this one, unless it is loaded, and returns whether it exists. If not, the thread stays as
   * it is, or shows the newest messages if nothing was loaded. Rejects as `open` does.
   */
  async openAt(peer: string, id: string): Promise<boolean> {
    this.#markOpened(peer);
    if (this.#has(peer, id)) return true;
    return this.#load(peer, async () => {
      try {
        await this.#replace(peer, NEXT_PAGE, { around: id });
        return true;
      } catch (error) {
        if (isTransient(toProblem(error))) throw error;
        if (!this.#current(peer)) await this.#loadNewest(peer);
        return false;
      }
    });
  }

  /**
   * Loads the messages around this time, unless they are loaded, and returns the first one from then on, or else the newest
   * one. Rejects as `open` does.
   */
  async openFrom(peer: string, time: Date): Promise<Message | undefined> {
    this.#markOpened(peer);
    const since = time.toISOString();
    const isFromThen = ({ created_at }: Message): boolean => created_at >= since;
    return this.#load(peer, async () => {
      const loaded = this.#current(peer);
      const [newest, oldest] = [loaded?.messages[0], loaded?.messages.at(-1)];
      const hasBefore = loaded?.hasOlder === false || (oldest && !isFromThen(oldest));
      const hasAfter = loaded?.hasNewer === false || (newest && isFromThen(newest));
      if (!hasBefore || !hasAfter) await this.#replace(peer, NEXT_PAGE, { around_time: since });
      const messages = this.thread(peer).loaded?.messages ?? [];
      return messages.findLast(isFromThen) ?? messages[0];
    });
  }

  /** Replaces the loaded messages by the newest ones, unless they are the newest. */
  async loadNewest(peer: string): Promise<void> {
    await this.#tryLoad(peer, async () => {
      if (this.thread(peer).loaded?.hasNewer) await this.#loadNewest(peer);
    });
  }

  async loadOlder(peer: string): Promise<void> {
    await this.#tryLoad(peer, async () => {
      const oldest = this.thread(peer).loaded?.messages.at(-1)?._id;
      if (oldest === undefined) return this.#loadNewest(peer);
      const loading = firstValueFrom(this.#client.with(peer, NEXT_PAGE, { before: oldest }));
      await this.#meanwhile.during(loading, (page, changes) => {
        const loaded = this.thread(peer).loaded;
        // The oldest message may have been dropped meanwhile: then the page would leave a gap.
        if (loaded?.messages.at(-1)?._id !== oldest) return;
        this.#change(peer, { loaded: mergeOf(peer, prependPage(loaded, page), changes) });
      });
    });
  }

  async loadNewer(peer: string): Promise<void> {
    await this.#tryLoad(peer, async () => {
      const newest = this.thread(peer).loaded?.messages[0]?._id;
      if (newest === undefined) return;
      const loading = firstValueFrom(this.#client.with(peer, NEXT_PAGE, { after: newest }));
      await this.#meanwhile.during(loading, (page, changes) => {
        const loaded = this.thread(peer).loaded;
        if (loaded?.messages[0]?._id !== newest) return;
        this.#change(peer, { loaded: mergeOf(peer, appendPage(loaded, page), changes) });
      });
    });
  }

  /** Drops all but the latest conversation. */
  forget(): void {
    const last = [...this.#threads()].at(-1);
    this.#threads.set(new Map(last && [[last[0], { ...last[1], isCached: true }]]));
    this.#isForgotten = true;
    void this.#cache.forgetThreads();
  }

  async loadFirst(): Promise<void> {
    const last = [...this.#threads().keys()].at(-1);
    if (this.#isForgotten && last !== undefined) {
      await this.open(last).catch((error: unknown) => {
        // The thread says what else went wrong: other conversations do not wait for it.
        if (isTransient(toProblem(error))) throw error;
      });
    }
    this.#isForgotten = false;
  }

  applyChanges(messages: readonly Message[]): void {
    this.#meanwhile.add(messages);
    for (const [peer, changes] of byPeer(messages)) {
      const loaded = this.thread(peer).loaded;
      const merged = loaded && mergeChanges(loaded, changes);
      if (merged !== loaded) this.#change(peer, { loaded: merged });
    }
    if (messages.length > 0) void this.#cache.applyChanges(messages);
  }

  find({ _id, peer_number }: Message): Message | undefined {
    return this.#current(peer_number)?.messages.find((message) => message._id === _id);
  }

  /** Whether a newer message repeats it, as far as they are loaded. Reads a signal. */
  isRetried({ _id, peer_number }: Message): boolean {
    const { loaded } = this.thread(peer_number);
    return loaded?.messages.some(({ retry_of }) => retry_of === _id) ?? false;
  }

  hasPending(): boolean {
    return [...this.#threads().values()].some(({ loaded }) =>
      loaded?.messages.some(({ status }) => status === 'pending'),
    );
  }

  async #loadNewest(peer: string): Promise<void> {
    await this.#replace(peer, FIRST_PAGE);
  }

  async #replace(peer: string, limit: number, position?: Position): Promise<void> {
    const loading = firstValueFrom(this.#client.with(peer, limit, position));
    await this.#meanwhile.during(loading, (page, changes) => {
      const loaded = mergeOf(peer, toThreadMessages(page), changes);
      this.#change(peer, { loaded, isCached: false });
    });
  }

  /** The thread's `problem` is the only place that says what went wrong. */
  async #tryLoad(peer: string, work: () => Promise<void>): Promise<void> {
    await this.#load(peer, work).catch(() => undefined);
  }

  /** Runs the loads of one conversation one after the other. */
  #load<T>(peer: string, work: () => Promise<T>): Promise<T> {
    const before = this.#loads.get(peer);
    const load = before
      ? before.catch(() => undefined).then(() => this.#attempt(peer, work))
      : this.#attempt(peer, work);
    this.#loads.set(peer, load);
    const forget = (): void => {
      if (this.#loads.get(peer) === load) this.#loads.delete(peer);
    };
    load.then(forget, forget);
    return load;
  }

  async #attempt<T>(peer: string, work: () => Promise<T>): Promise<T> {
    this.#change(peer, { loading: true });
    try {
      const done = await work();
      this.#change(peer, { loading: false, problem: '' });
      return done;
    } catch (error) {
      this.#change(peer, { loading: false, problem: describeProblem(toProblem(error)) });
      throw error;
    }
  }

  #has(peer: string, id: string): boolean {
    return this.#current(peer)?.messages.some(({ _id }) => _id === id) ?? false;
  }

  /** What is loaded, if the API has told it. */
  #current(peer: string): ThreadMessages | undefined {
    const { loaded, isCached } = this.thread(peer);
    return isCached ? undefined : loaded;
  }

  #markOpened(peer: string): void {
    this.#threads.update((threads) => {
      const others = [...threads].filter(([other]) => other !== peer);
      const opened = { ...(threads.get(peer) ?? NOT_LOADED), openedAt: Date.now() };
      return new Map([...others.slice(1 - MAX_THREADS), [peer, opened]]);
    });
    this.#putIntoCache(peer);
  }

  /** Changes nothing if the conversation has been dropped. */
  #change(peer: string, change: Partial<ThreadState>): void {
    this.#threads.update((threads) => {
      const thread = threads.get(peer);
      return thread ? new Map(threads).set(peer, { ...thread, ...change }) : threads;
    });
    if (change.loaded) this.#putIntoCache(peer);
  }

  #putIntoCache(peer: string): void {
    const current = this.#current(peer);
    if (!current || current.hasNewer) return;
    void this.#cache.putThread(peer, this.thread(peer).openedAt, current);
  }
}

/** Merges those changes that belong to the conversation. */
function mergeOf(
  peer: string,
  loaded: ThreadMessages,
  changes: readonly Message[],
): ThreadMessages {
  return mergeChanges(
    loaded,
    changes.filter(({ peer_number }) => peer_number === peer),
  );
}

function byPeer(messages: readonly Message[]): Map<string, Message[]> {
  const groups = new Map<string, Message[]>();
  for (const message of messages) {
    const group = groups.get(message.peer_number);
    if (group) group.push(message);
    else groups.set(message.peer_number, [message]);
  }
  return groups;
}
