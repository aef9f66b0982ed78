import { Injectable, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { Message } from '../api/models';
import { explain } from '../api/describe-problem';
import { isPassing, toProblem } from '../api/problem';
import { Log, toLog, withEarlier, withHeard, withLater } from './thread-messages';
import { MessagesClient } from './messages-client';

/** A conversation as far as it is loaded, or why it is not. */
export interface Thread {
  readonly log: Log | undefined;
  readonly loading: boolean;
  readonly problem: string;
}

/** The others that were open are let go, those opened longest ago first: they are loaded again when they are wanted. */
export const MOST_THREADS = 10;

const FIRST_PAGE = 50;
const NEXT_PAGE = 100;
const NOT_LOADED: Thread = { log: undefined, loading: false, problem: '' };

/** The conversations that have been opened. Whoever hears of messages tells it; what is loaded stays true. */
@Injectable()
export class ThreadsStore {
  readonly #client = inject(MessagesClient);

  /** Those opened last come last. */
  readonly #threads = signal<ReadonlyMap<string, Thread>>(new Map());
  readonly #loads = new Map<string, Promise<unknown>>();

  /** A signal's value: whoever reads it in a computation is told of changes. */
  thread(peer: string): Thread {
    return this.#threads().get(peer) ?? NOT_LOADED;
  }

  /** Loads the newest messages, unless some are loaded. Rejects with what went wrong; the thread tells it too. */
  async open(peer: string): Promise<void> {
    this.#keep(peer);
    if (this.thread(peer).log) return;
    await this.#load(peer, async () => {
      if (!this.thread(peer).log) await this.#loadNewest(peer);
    });
  }

  /**
   * Loads the messages around this one, unless it is among those that are loaded, and answers whether it is there: if
   * not, what is loaded stays, or the newest are. Rejects as `open` does.
   */
  async openAt(peer: string, id: string): Promise<boolean> {
    this.#keep(peer);
    if (this.#has(peer, id)) return true;
    return this.#load(peer, async () => {
      try {
        const page = await firstValueFrom(this.#client.with(peer, NEXT_PAGE, { around: id }));
        this.#change(peer, { log: toLog(page) });
        return true;
      } catch (error) {
        if (isPassing(toProblem(error))) throw error;
        if (!this.thread(peer).log) await this.#loadNewest(peer);
        return false;
      }
    });
  }

  /** Loads the newest messages instead of those that are loaded, unless these are the newest. */
  async toNewest(peer: string): Promise<void> {
    await this.#tryTo(peer, async () => {
      if (this.thread(peer).log?.hasLater) await this.#loadNewest(peer);
    });
  }

  async loadEarlier(peer: string): Promise<void> {
    await this.#tryTo(peer, async () => {
      const oldest = this.thread(peer).log?.messages.at(-1)?._id;
      if (oldest === undefined) return;
      const page = await firstValueFrom(this.#client.with(peer, NEXT_PAGE, { before: oldest }));
      const log = this.thread(peer).log;
      // The oldest may have been let go meanwhile: then there would be a gap.
      if (log?.messages.at(-1)?._id === oldest) this.#change(peer, { log: withEarlier(log, page) });
    });
  }

  async loadLater(peer: string): Promise<void> {
    await this.#tryTo(peer, async () => {
      const newest = this.thread(peer).log?.messages[0]?._id;
      if (newest === undefined) return;
      const page = await firstValueFrom(this.#client.with(peer, NEXT_PAGE, { after: newest }));
      const log = this.thread(peer).log;
      if (log?.messages[0]?._id === newest) this.#change(peer, { log: withLater(log, page) });
    });
  }

  hear(messages: readonly Message[]): void {
    for (const [peer, heard] of byPeer(messages)) {
      const log = this.thread(peer).log;
      const changed = log && withHeard(log, heard);
      if (changed !== log) this.#change(peer, { log: changed });
    }
  }

  find({ _id, peer_number }: Message): Message | undefined {
    return this.thread(peer_number).log?.messages.find((message) => message._id === _id);
  }

  /** All that are loaded and wait for the carrier. */
  hasPending(): boolean {
    return [...this.#threads().values()].some(({ log }) =>
      log?.messages.some(({ status }) => status === 'pending'),
    );
  }

  async #loadNewest(peer: string): Promise<void> {
    const page = await firstValueFrom(this.#client.with(peer, FIRST_PAGE));
    this.#change(peer, { log: toLog(page) });
  }

  /** What goes wrong is shown in the thread alone. */
  async #tryTo(peer: string, work: () => Promise<void>): Promise<void> {
    await this.#load(peer, work).catch(() => undefined);
  }

  /** One load after the other for each conversation; what goes wrong is shown in it. */
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
      this.#change(peer, { loading: false, problem: explain(toProblem(error)) });
      throw error;
    }
  }

  #has(peer: string, id: string): boolean {
    return this.thread(peer).log?.messages.some(({ _id }) => _id === id) ?? false;
  }

  /** As the one that was opened last. */
  #keep(peer: string): void {
    this.#threads.update((threads) => {
      const others = [...threads].filter(([other]) => other !== peer);
      return new Map([...others.slice(1 - MOST_THREADS), [peer, threads.get(peer) ?? NOT_LOADED]]);
    });
  }

  /** Of one that is kept. */
  #change(peer: string, change: Partial<Thread>): void {
    this.#threads.update((threads) => {
      const thread = threads.get(peer);
      return thread ? new Map(threads).set(peer, { ...thread, ...change }) : threads;
    });
  }
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
