import { DestroyRef, Injectable, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { EMPTY, Observable, Subject, catchError, firstValueFrom, switchMap } from 'rxjs';
import { describeProblem } from '../api/describe-problem';
import { Message } from '../api/models';
import { Page } from '../api/page';
import { Problem, toProblem } from '../api/problem';
import { formTexts } from '../i18n/form-texts';
import { logTexts } from '../i18n/log-texts';
import { ChangesMeanwhile } from '../messages/changes-meanwhile';
import { MessageSubscriber, MessageSync } from '../messages/message-sync';
import { MessagesClient } from '../messages/messages-client';
import { LogFilter, NO_FILTER, isMatch, isSame, toParameters } from './log-filter';
import { LogMessages, MOST_ROWS, appendPage, mergeChanges } from './log-messages';

const PAGE = 100;
/** After so many empty pages, the user decides whether to go on. */
const EMPTY_PAGES = 10;

interface LogState extends LogMessages {
  /** Whether the API has answered. */
  readonly isLoaded: boolean;
  readonly isLoading: boolean;
  /** Whether the last page has brought nothing, although there are others. */
  readonly cameEmpty: boolean;
  readonly problem: string;
}

const NOT_LOADED: LogState = {
  messages: [],
  next: undefined,
  isLoaded: false,
  isLoading: true,
  cameEmpty: false,
  problem: '',
};

/** Where in the log the user has left it. */
interface OpenedRow {
  readonly id: string;
  /** Below the top of the screen. */
  readonly topPx: number;
}

/** The messages that match a filter, as far as they are loaded. They stay when their page is left, for the way back. */
@Injectable()
export class LogStore implements MessageSubscriber {
  readonly #client = inject(MessagesClient);
  readonly #sync = inject(MessageSync);

  readonly #state = signal(NOT_LOADED);
  readonly #opened = new Subject<LogFilter | undefined>();
  readonly #meanwhile = new ChangesMeanwhile();
  #filter = NO_FILTER;
  /** That of the first page, so that all pages and the export have the same limits. */
  #now = new Date();
  /** The row that has led away from these messages. */
  opened: OpenedRow | undefined;

  readonly messages = computed(() => this.#state().messages);
  readonly isLoaded = computed(() => this.#state().isLoaded);
  readonly isLoading = computed(() => this.#state().isLoading);
  readonly cameEmpty = computed(() => this.#state().cameEmpty);
  readonly problem = computed(() => this.#state().problem);
  readonly isFull = computed(() => this.messages().length >= MOST_ROWS && this.#hasNext());
  readonly hasMore = computed(() => this.#hasNext() && !this.isFull());
  readonly #hasNext = computed(() => this.#state().next !== undefined);

  constructor() {
    inject(DestroyRef).onDestroy(this.#sync.subscribe(this));
    this.#opened
      .pipe(
        switchMap((filter) => (filter ? this.#loadFirst(filter) : EMPTY)),
        takeUntilDestroyed(),
      )
      .subscribe();
  }

  /** Whether it has messages that match. */
  has(filter: LogFilter): boolean {
    return this.isLoaded() && isSame(this.#filter, filter);
  }

  /** Shows the newest messages that match; while it is not known what they are to match, none. */
  open(filter: LogFilter | undefined): void {
    this.#filter = filter ?? NO_FILTER;
    this.opened = undefined;
    this.#now = new Date();
    this.#state.set(NOT_LOADED);
    this.#opened.next(filter);
  }

  forget(): void {
    if (this.isLoaded()) this.#opened.next(this.#filter);
  }

  async loadMore(): Promise<void> {
    const { isLoading, next } = this.#state();
    const filter = this.#filter;
    if (isLoading || !this.hasMore()) return;
    this.#change({ isLoading: true, problem: '' });
    try {
      await this.#meanwhile.during(this.#read(filter, next), (page, changes) => {
        if (this.#filter !== filter) return;
        if (this.#state().next !== next) {
          // The messages were loaded anew: then the page would leave a gap.
          this.#change({ isLoading: false });
          return;
        }
        const loaded = appendPage(this.#state(), page.rows, page.next);
        this.#change({
          ...this.#merge(loaded, changes),
          isLoading: false,
          cameEmpty: isEmpty(page),
        });
      });
    } catch (error) {
      if (this.#filter === filter) this.#fail(error);
    }
  }

  /** The filter may have been entered just now, and not be open yet. */
  export(filter: LogFilter): Promise<Blob> {
    const now = isSame(filter, this.#filter) ? this.#now : new Date();
    return firstValueFrom(this.#client.exportCsv(toParameters(filter, now)));
  }

  find({ _id }: Message): Message | undefined {
    return this.messages().find((message) => message._id === _id);
  }

  /** What no longer matches stays until the filter is opened again, so that no row disappears while it is read. */
  applyChanges(changes: readonly Message[]): void {
    this.#meanwhile.add(changes);
    const state = this.#state();
    if (!state.isLoaded) return;
    const merged = this.#merge(state, changes);
    if (merged !== state) this.#change(merged);
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
            ...this.#merge({ messages: page.rows, next: page.next }, changes),
            isLoaded: true,
            isLoading: false,
            cameEmpty: isEmpty(page),
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

  #merge(loaded: LogMessages, changes: readonly Message[]): LogMessages {
    return mergeChanges(loaded, changes, (message) => isMatch(this.#filter, message, this.#now));
  }

  #fail(error: unknown): void {
    this.#change({ isLoading: false, problem: describe(toProblem(error)) });
  }

  #change(change: Partial<LogState>): void {
    this.#state.update((state) => ({ ...state, ...change }));
  }
}

function isEmpty({ rows, next }: Page<Message>): boolean {
  return rows.length === 0 && next !== undefined;
}

/** A filter that the API refuses is named. */
function describe(problem: Problem): string {
  const sentences = Object.entries(problem.errors).flatMap(([field, errors]) =>
    errors.map((error) =>
      formTexts.fieldError(logTexts.parameters[field] ?? formTexts.apiField(field), error),
    ),
  );
  return sentences.length > 0 ? sentences.join(' ') : describeProblem(problem);
}
