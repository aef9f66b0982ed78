import { Injectable, computed, inject, signal } from '@angular/core';
import { toObservable, takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Observable, catchError, firstValueFrom, map, of, switchMap, timer } from 'rxjs';
import { Message } from '../../api/models';
import { explain } from '../../api/describe-problem';
import { toProblem } from '../../api/problem';
import { ConversationsStore } from '../../messages/conversations-store';
import { hasWords } from './highlight-matches';
import { MessagesClient } from '../../messages/messages-client';
import { Page } from '../../api/page';

interface Found {
  readonly words: string;
  readonly page: Page<Message> | undefined;
  readonly problem: string;
}

/** Typing settles. */
const PATIENCE_MS = 250;
const NOTHING: Found = { words: '', page: undefined, problem: '' };

/** Looks for people by number and for messages by text. */
@Injectable()
export class SearchStore {
  readonly #client = inject(MessagesClient);
  readonly #conversations = inject(ConversationsStore);

  readonly #words = signal('');
  readonly #found = signal(NOTHING);
  readonly #loadingMore = signal(false);

  readonly #rows = computed(() => this.#found().page?.rows ?? []);

  /** As typed. */
  readonly words = this.#words.asReadonly();
  readonly isSearching = computed(() => this.#words().trim() !== '');
  readonly isLoading = computed(
    () => this.isSearching() && this.#found().words !== this.#words().trim(),
  );
  readonly problem = computed(() => this.#found().problem);
  readonly loadingMore = this.#loadingMore.asReadonly();
  readonly hasMore = computed(() => this.#found().page?.hasMore ?? false);

  /** Whose number has these digits. */
  readonly people = computed<readonly string[]>(() => {
    const digits = digitsOf(this.#words());
    if (digits === '') return [];
    const known = this.#conversations.rows().map(({ peer }) => peer);
    const found = this.#rows().map(({ peer_number }) => peer_number);
    return [...new Set([...known, ...found])].filter((peer) => peer.includes(digits));
  });
  /** Whose text has these words: not those that were found by their number alone. */
  readonly messages = computed<readonly Message[]>(() => {
    const { words } = this.#found();
    const people = new Set(this.people());
    return this.#rows().filter(
      ({ content, peer_number }) => hasWords(content, words) || !people.has(peer_number),
    );
  });

  constructor() {
    toObservable(computed(() => this.#words().trim()))
      .pipe(
        switchMap((words) =>
          words === '' ? of(NOTHING) : timer(PATIENCE_MS).pipe(switchMap(() => this.#find(words))),
        ),
        takeUntilDestroyed(),
      )
      .subscribe((found) => {
        this.#found.set(found);
      });
  }

  search(words: string): void {
    this.#words.set(words);
  }

  async loadMore(): Promise<void> {
    const { words, page } = this.#found();
    const last = page?.rows.at(-1);
    if (!page || !last || this.#loadingMore()) return;
    this.#loadingMore.set(true);
    const more = await firstValueFrom(this.#find(words, last._id));
    this.#loadingMore.set(false);
    if (this.#found().page !== page) return;
    this.#found.set(
      more.page
        ? { ...more, page: { ...more.page, rows: [...page.rows, ...more.page.rows] } }
        : { words, page, problem: more.problem },
    );
  }

  #find(words: string, before?: string): Observable<Found> {
    return this.#client.search(words, before).pipe(
      map((page) => ({ words, page, problem: '' })),
      catchError((error: unknown) =>
        of({ words, page: undefined, problem: explain(toProblem(error)) }),
      ),
    );
  }
}

/** Of what can be a part of a number; of words, nothing. */
function digitsOf(words: string): string {
  return /^[+\d\s().-]+$/.test(words) ? words.replace(/[^\d+]/g, '') : '';
}
