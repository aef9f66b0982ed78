import { DestroyRef, Injectable, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { EMPTY, Observable, Subject, catchError, firstValueFrom, switchMap } from 'rxjs';
import { describeProblem } from '../api/describe-problem';
import { Message } from '../api/models';
import { Page } from '../api/page';
import { toProblem } from '../api/problem';
import { ChangesMeanwhile } from '../messages/changes-meanwhile';
import { isNewer, latestOf } from '../messages/message-order';
import { MessageSubscriber, MessageSync } from '../messages/message-sync';
import { MessagesClient } from '../messages/messages-client';
import { LogFilter, NO_FILTER, isMatch, toParameters } from './log-filter';

/** What is held in memory at most; the rest can be narrowed down, or exported. */
export const MOST_ROWS = 5_000;
const PAGE = 100;
/** After so many empty pages, the user decides whether to go on. */
const EMPTY_PAGES = 10;

interface LogState {
  readonly messages: readonly Message[];
  /** The id from which the next page follows; undefined at the end. */
  readonly next: string | undefined;
  /** Whether the API has answered. */
  readonly isLoaded: boolean;
  readonly isLoading: boolean;
  readonly problem: string;
}

const NOT_LOADED: LogState = {
  messages: [],
  next: undefined,
  isLoaded: false,
  isLoading: true,
  problem: '',
};

/** The messages that match a filter, as far as they are loaded, for as long as their page is open. */
@Injectable()
export class LogStore implements MessageSubscriber {
  readonly #client = inject(MessagesClient);
  readonly #sync = inject(MessageSync);

  readonly #state = signal(NOT_LOADED);
  readonly #opened = new Subject<LogFilter>();
  readonly #meanwhile = new ChangesMeanwhile();
  #filter = NO_FILTER;
  /** That of the first page, so that all pages and the export have the same limits. */
  #now = new Date();

  readonly messages = computed(() => this.#state().messages);
  readonly isLoaded = computed(() => this.#state().isLoaded);
  readonly isLoading = computed(() => this.#state().isLoading);
  readonly problem = computed(() => this.#state().problem);
  readonly isFull = computed(() => this.messages().length >= MOST_ROWS && this.#hasNext());
  readonly hasMore = computed(() => this.#hasNext() && !this.isFull());
  readonly #hasNext = computed(() => this.#state().next !== undefined);

  constructor() {
    inject(DestroyRef).onDestroy(this.#sync.subscribe(this));
    this.#opened
      .pipe(
        switchMap((filter) => this.#loadFirst(filter)),
        takeUntilDestroyed(),
      )
      .subscribe();
  }

  /** Shows the newest messages that match. */
  open(filter: LogFilter): void {
    this.#filter = filter;
    this.#now = new Date();
    this.#state.set(NOT_LOADED);
    this.#opened.next(filter);
  }

  async loadMore(): Promise<void> {
    const { isLoading, next } = this.#state();
    const filter = this.#filter;
    if (isLoading || !this.hasMore()) return;
    this.#change({ isLoading: true, problem: '' });
    try {
      await this.#meanwhile.during(this.#read(filter, next), (page, changes) => {
        if (this.#filter !== filter) return;
        const known = new Set(this.messages().map(({ _id }) => _id));
        const older = page.rows.filter(({ _id }) => !known.has(_id));
        this.#change({
          messages: merge([...this.messages(), ...older], changes).slice(0, MOST_ROWS),
          next: page.next,
          isLoading: false,
        });
      });
    } catch (error) {
      if (this.#filter === filter) this.#fail(error);
    }
  }

  export(): Promise<Blob> {
    return firstValueFrom(this.#client.exportCsv(toParameters(this.#filter, new Date())));
  }

  find({ _id }: Message): Message | undefined {
    return this.messages().find((message) => message._id === _id);
  }

  /** What no longer matches stays until the filter is opened again, so that no row disappears while it is read. */
  applyChanges(changes: readonly Message[]): void {
    this.#meanwhile.add(changes);
    const { isLoaded, messages } = this.#state();
    if (!isLoaded) return;
    const merged = merge(messages, changes);
    const known = new Set(messages.map(({ _id }) => _id));
    const newest = messages[0];
    const added = changes.filter(
      (message) =>
        !known.has(message._id) &&
        (!newest || isNewer(message, newest)) &&
        isMatch(this.#filter, message, new Date()),
    );
    if (merged === messages && added.length === 0) return;
    const first = [...added].sort((one, other) => (isNewer(one, other) ? -1 : 1));
    this.#change({ messages: [...first, ...merged].slice(0, MOST_ROWS) });
  }

  hasPending(): boolean {
    return this.messages().some(({ status }) => status === 'pending');
  }

  /** Again after a backoff if the API cannot be reached. */
  #loadFirst(filter: LogFilter): Observable<unknown> {
    const load = async (): Promise<void> => {
      this.#change({ isLoading: true });
      try {
        await this.#meanwhile.during(this.#read(filter), (page, changes) => {
          if (this.#filter !== filter) return;
          this.#state.set({
            messages: merge(page.rows, changes),
            next: page.next,
            isLoaded: true,
            isLoading: false,
            problem: '',
          });
        });
      } catch (error) {
        if (this.#filter === filter) this.#fail(error);
        throw error;
      }
    };
    return this.#sync.load(load).pipe(catchError(() => EMPTY));
  }

  /** A page may be empty although there are others: the API examines a limited number of messages for each. */
  async #read(filter: LogFilter, before?: string): Promise<Page<Message>> {
    const parameters = toParameters(filter, this.#now);
    let page = await firstValueFrom(this.#client.log(parameters, PAGE, before));
    for (let more = 0; page.rows.length === 0 && page.next && more < EMPTY_PAGES; more += 1) {
      page = await firstValueFrom(this.#client.log(parameters, PAGE, page.next));
    }
    return page;
  }

  #fail(error: unknown): void {
    this.#change({ isLoading: false, problem: describeProblem(toProblem(error)) });
  }

  #change(change: Partial<LogState>): void {
    this.#state.update((state) => ({ ...state, ...change }));
  }
}

/** The same list if nothing in it has changed. */
function merge(messages: readonly Message[], changes: readonly Message[]): readonly Message[] {
  const changed = new Map(changes.map((message) => [message._id, message]));
  const merged = messages.map((message) => latestOf(message, changed.get(message._id) ?? message));
  return merged.some((message, index) => message !== messages[index]) ? merged : messages;
}
