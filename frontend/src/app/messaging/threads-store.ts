import { Injectable, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { Message } from '../api/models';
import { Problem, explain, toProblem } from '../api/problem';
import { Log, toLog, withEarlier, withHeard } from './log';
import { MessagesClient } from './messages-client';
import { Page } from './page';

/** A conversation as far as it is loaded, or why it is not. */
export interface Thread {
  readonly log: Log | undefined;
  readonly loading: boolean;
  readonly problem: string;
}

const FIRST_PAGE = 50;
const EARLIER_PAGE = 100;
const LARGEST_PAGE = 200;
const NOT_LOADED: Thread = { log: undefined, loading: false, problem: '' };

/** The conversations that have been opened. Whoever hears of messages tells it; what is loaded stays true. */
@Injectable()
export class ThreadsStore {
  readonly #client = inject(MessagesClient);

  readonly #threads = signal<ReadonlyMap<string, Thread>>(new Map());
  readonly #loads = new Map<string, Promise<void>>();

  /** A signal's value: whoever reads it in a computation is told of changes. */
  thread(peer: string): Thread {
    return this.#threads().get(peer) ?? NOT_LOADED;
  }

  /** Loads the newest messages, unless they are. */
  async open(peer: string): Promise<void> {
    if (this.thread(peer).log) return;
    await this.#load(peer, async () => {
      const page = await firstValueFrom(this.#client.with(peer, FIRST_PAGE));
      this.#change(peer, { log: toLog(page) });
    });
  }

  async loadEarlier(peer: string): Promise<void> {
    await this.#load(peer, () => this.#extend(peer, EARLIER_PAGE));
  }

  /**
   * Loads back to this message, page by page, so that there is no gap between it and the newest.
   * Answers whether it is there. Gives up when `isWanted` no longer holds.
   */
  async loadBackTo(peer: string, id: string, isWanted: () => boolean): Promise<boolean> {
    await this.open(peer);
    while (!this.#has(peer, id) && this.#canExtend(peer) && isWanted()) {
      await this.#load(peer, () => this.#extend(peer, LARGEST_PAGE));
      if (this.thread(peer).problem) return false;
    }
    return this.#has(peer, id);
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

  async #extend(peer: string, limit: number): Promise<void> {
    const oldest = this.thread(peer).log?.messages.at(-1);
    if (!oldest) return;
    const page: Page<Message> = await firstValueFrom(this.#client.with(peer, limit, oldest._id));
    const log = this.thread(peer).log;
    this.#change(peer, { log: log && withEarlier(log, page) });
  }

  /** One load at a time for each conversation; what goes wrong is shown in it. */
  async #load(peer: string, work: () => Promise<void>): Promise<void> {
    const running = this.#loads.get(peer);
    if (running) {
      await running;
      return;
    }
    const load = this.#attempt(peer, work).finally(() => this.#loads.delete(peer));
    this.#loads.set(peer, load);
    await load;
  }

  async #attempt(peer: string, work: () => Promise<void>): Promise<void> {
    this.#change(peer, { loading: true, problem: '' });
    let problem: Problem | undefined;
    try {
      await work();
    } catch (error) {
      problem = toProblem(error);
    }
    this.#change(peer, { loading: false, problem: problem ? explain(problem) : '' });
  }

  #has(peer: string, id: string): boolean {
    return this.thread(peer).log?.messages.some(({ _id }) => _id === id) ?? false;
  }

  #canExtend(peer: string): boolean {
    return this.thread(peer).log?.hasEarlier ?? false;
  }

  #change(peer: string, change: Partial<Thread>): void {
    this.#threads.update((threads) =>
      new Map(threads).set(peer, { ...(threads.get(peer) ?? NOT_LOADED), ...change }),
    );
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
