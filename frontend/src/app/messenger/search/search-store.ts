import { DestroyRef, Injectable, computed, inject, signal } from '@angular/core';
import { toObservable, takeUntilDestroyed } from '@angular/core/rxjs-interop';
import {
  EMPTY,
  Observable,
  Subject,
  catchError,
  expand,
  firstValueFrom,
  last,
  map,
  merge,
  of,
  switchMap,
  timer,
} from 'rxjs';
import { Message } from '../../api/models';
import { describeProblem } from '../../api/describe-problem';
import { toProblem } from '../../api/problem';
import { ConversationsStore } from '../../messages/conversations-store';
import { withoutDeleted } from '../../messages/deleted-messages';
import { MessageSubscriber, MessageSync } from '../../messages/message-sync';
import { containsWords } from './highlight-matches';
import { MessagesClient } from '../../messages/messages-client';
import { Page } from '../../api/page';
import { ContactNames } from '../../phone-numbers/contact-names';
import { SearchQuery } from './search-query';

interface Result {
  readonly query: string;
  readonly page: Page<Message> | undefined;
  readonly problem: string;
}

const DEBOUNCE_MS = 250;
/** After so many empty pages, the user decides whether to go on. */
const EMPTY_PAGES = 10;
/** More than one looks through: typing on finds fewer. */
const MOST_NAMED = 20;
const NO_RESULT: Result = { query: '', page: undefined, problem: '' };

/** Searches people by name and number, and messages by text. What is found stays as it was, unless it is deleted. */
@Injectable()
export class SearchStore implements MessageSubscriber {
  readonly #client = inject(MessagesClient);
  readonly #conversations = inject(ConversationsStore);
  readonly #names = inject(ContactNames);

  /** By id: a response that is older may still have them. */
  readonly #deleted = new Map<string, Message>();

  readonly #query = inject(SearchQuery).text;
  readonly #forgotten = new Subject<void>();
  readonly #result = signal(NO_RESULT);
  readonly #loadingMore = signal(false);

  readonly #rows = computed(() => this.#result().page?.rows ?? []);

  readonly isLoading = computed(() => this.#result().query !== this.#query().trim());
  readonly problem = computed(() => this.#result().problem);
  readonly loadingMore = this.#loadingMore.asReadonly();
  readonly hasMore = computed(() => this.#result().page?.hasMore ?? false);

  /**
   * People whose name has words that begin with those of the query, senders that have a name in place of a number and contain
   * the query, and those whose number contains its digits.
   */
  readonly people = computed<readonly string[]>(() => {
    const query = this.#query().trim();
    const named = this.#names.search(query, MOST_NAMED);
    const known = this.#conversations.peers();
    const sender = query.toUpperCase();
    const senders = query === '' ? [] : known.filter((peer) => peer.toUpperCase().includes(sender));
    const digits = digitsOf(query);
    const found = this.#rows().map(({ peer_number }) => peer_number);
    const withDigits =
      digits === '' ? [] : [...known, ...found].filter((peer) => peer.includes(digits));
    return [...new Set([...named, ...senders, ...withDigits])];
  });
  /** Messages whose text contains the words of the query; the API also returns those that match by number only. */
  readonly messages = computed<readonly Message[]>(() => {
    const { query } = this.#result();
    const people = new Set(this.people());
    return this.#rows().filter(
      ({ content, peer_number }) => containsWords(content, query) || !people.has(peer_number),
    );
  });

  constructor() {
    inject(DestroyRef).onDestroy(inject(MessageSync).subscribe(this));
    const query = computed(() => this.#query().trim());
    merge(toObservable(query), this.#forgotten)
      .pipe(
        map(() => query()),
        switchMap((query) =>
          query === ''
            ? of(NO_RESULT)
            : timer(DEBOUNCE_MS).pipe(switchMap(() => this.#find(query))),
        ),
        takeUntilDestroyed(),
      )
      .subscribe((result) => {
        this.#result.set(result);
      });
  }

  async loadMore(): Promise<void> {
    const { query, page } = this.#result();
    if (!page?.next || this.#loadingMore()) return;
    this.#loadingMore.set(true);
    const more = await firstValueFrom(this.#find(query, page.next));
    this.#loadingMore.set(false);
    const { query: shownQuery, page: shown } = this.#result();
    if (shownQuery !== query || shown?.next !== page.next) return;
    this.#result.set(
      more.page
        ? { ...more, page: { ...more.page, rows: [...shown.rows, ...more.page.rows] } }
        : { query, page: shown, problem: more.problem },
    );
  }

  /** Searches again: what is found may be deleted by now. */
  forget(): void {
    this.#result.set(NO_RESULT);
    this.#forgotten.next();
  }

  applyChanges(changes: readonly Message[]): void {
    for (const change of changes) if (change.deleted_at) this.#deleted.set(change._id, change);
    this.#result.update((result) => this.#withoutDeleted(result));
  }

  #withoutDeleted(result: Result): Result {
    const { page } = result;
    if (!page) return result;
    const rows = withoutDeleted(page.rows, [...this.#deleted.values()]);
    return rows === page.rows ? result : { ...result, page: { ...page, rows } };
  }

  find(): undefined {
    return undefined;
  }

  hasPending(): boolean {
    return false;
  }

  /** A page may be empty although there are others: the API examines a limited number of messages for each. */
  #find(query: string, before?: string): Observable<Result> {
    return this.#client.search(query, before).pipe(
      expand((page, index) =>
        page.rows.length === 0 && page.next && index < EMPTY_PAGES
          ? this.#client.search(query, page.next)
          : EMPTY,
      ),
      last(),
      map((page) => this.#withoutDeleted({ query, page, problem: '' })),
      catchError((error: unknown) =>
        of({ query, page: undefined, problem: describeProblem(toProblem(error)) }),
      ),
    );
  }
}

/** The digits of a query that can be a part of a number; empty for words. */
function digitsOf(query: string): string {
  return /^[+\d\s().-]+$/.test(query) ? query.replace(/[^\d+]/g, '') : '';
}
