import { DestroyRef, Injectable, computed, effect, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { EMPTY, catchError, firstValueFrom } from 'rxjs';
import { describeProblem } from '../api/describe-problem';
import { Message } from '../api/models';
import { toProblem } from '../api/problem';
import { MessageCache } from './cache/message-cache';
import { ChangesMeanwhile } from './changes-meanwhile';
import { withoutDeleted } from './deleted-messages';
import {
  Conversations,
  appendPage,
  mergeChanges,
  replaceDeleted,
  toConversations,
} from './conversations';
import { ContactNames } from '../phone-numbers/contact-names';
import { MessageSubscriber, MessageSync } from './message-sync';
import { MessagesClient } from './messages-client';
import { UnreadStore } from './unread-store';

/** The conversations that are not archived, as far as they are loaded. */
@Injectable()
export class ConversationsStore implements MessageSubscriber {
  /** Whether it has the archived ones in place of all others. */
  protected readonly isArchive: boolean = false;
  readonly #client = inject(MessagesClient);
  readonly #cache = inject(MessageCache);
  readonly #names = inject(ContactNames);
  readonly #sync = inject(MessageSync);
  readonly #unread = inject(UnreadStore);
  readonly #destroyRef = inject(DestroyRef);

  readonly #meanwhile = new ChangesMeanwhile();
  readonly #loaded = signal<Conversations | undefined>(undefined);
  /** Until the API has answered, what is loaded comes from the cache. */
  readonly #isCurrent = signal(false);
  readonly #loadingMore = signal(false);
  readonly #problem = signal('');
  #timesForgotten = 0;
  readonly #all = computed(() => this.#loaded()?.rows ?? []);

  readonly isLoaded = computed(() => this.#loaded() !== undefined);
  /** What is loaded comes from the cache of this browser, and the API has not answered yet. */
  readonly isCached = computed(() => this.isLoaded() && !this.#isCurrent());
  /** What is loaded may have moved to the other list. */
  readonly rows = computed(() =>
    this.#all().filter(
      ({ last }) => (this.#unread.isArchived(last) ?? this.isArchive) === this.isArchive,
    ),
  );
  /** With whom the user has written, as far as it is known; also those of archived conversations. */
  readonly peers = computed(() => [
    ...new Set([...this.rows().map(({ peer }) => peer), ...this.#unread.archived().keys()]),
  ]);
  readonly hasMore = computed(() => this.#isCurrent() && (this.#loaded()?.hasMore ?? false));
  readonly loadingMore = this.#loadingMore.asReadonly();
  /** Why the next page could not be loaded. */
  readonly problem = this.#problem.asReadonly();

  constructor() {
    this.#sync.subscribe(this);
    effect(() => {
      const loaded = this.#loaded();
      if (this.isArchive || !loaded || !this.#isCurrent()) return;
      void this.#cache.putConversations(
        { ...loaded, rows: this.rows() },
        this.#names,
        this.#unread,
      );
    });
  }

  /** Shows what this browser has cached until `loadFirst` has loaded the conversations. */
  async restore(): Promise<void> {
    const cached = await this.#cache.conversations();
    // The session may have ended meanwhile: the names outlive this store.
    if (this.#destroyRef.destroyed) return;
    if (!cached || cached.conversations.rows.length === 0 || this.isLoaded()) return;
    this.#names.restore(cached.names);
    this.#unread.restore(cached.unread);
    this.#loaded.set(cached.conversations);
  }

  async loadFirst(): Promise<void> {
    if (this.#isCurrent()) return;
    const loading = firstValueFrom(this.#client.conversations(undefined, this.isArchive));
    await this.#meanwhile.during(loading, (page, changes) => {
      const first = toConversations(page);
      this.#isCurrent.set(true);
      this.#change(() => mergeChanges(first, changes));
    });
  }

  forget(): void {
    this.#isCurrent.set(false);
    this.#timesForgotten += 1;
  }

  async loadMore(): Promise<void> {
    const last = this.#all().at(-1)?.last;
    if (!last || this.#loadingMore()) return;
    this.#loadingMore.set(true);
    const before = this.#timesForgotten;
    try {
      const loading = firstValueFrom(this.#client.conversations(last._id, this.isArchive));
      await this.#meanwhile.during(loading, (page, changes) => {
        // The list is loaded anew: then the page would leave a gap.
        if (before !== this.#timesForgotten) return;
        this.#change((loaded) => loaded && mergeChanges(appendPage(loaded, page), changes));
      });
      this.#problem.set('');
    } catch (error) {
      this.#problem.set(describeProblem(toProblem(error)));
    } finally {
      this.#loadingMore.set(false);
    }
  }

  applyChanges(messages: readonly Message[]): void {
    this.#meanwhile.add(messages);
    this.#change((loaded) => loaded && mergeChanges(loaded, messages));
  }

  /** The version of the message that the API has told, if it is the last one of its conversation. */
  find({ _id, peer_number }: Message): Message | undefined {
    if (!this.#isCurrent()) return undefined;
    const last = this.#all().find(({ peer }) => peer === peer_number)?.last;
    return last?._id === _id ? last : undefined;
  }

  hasPending(): boolean {
    return this.#all().some(({ last }) => last.status === 'pending');
  }

  #change(change: (loaded: Conversations | undefined) => Conversations | undefined): void {
    const before = this.#loaded();
    const loaded = change(before);
    if (!loaded || loaded === before) return;
    this.#loaded.set(loaded);
    if (!this.#isCurrent()) return;
    const known = new Set(before?.rows.map(({ last }) => last));
    for (const { last } of loaded.rows) {
      if (last.deleted_at && !known.has(last)) this.#loadBefore(last);
    }
  }

  /** Loads the last message of a conversation in place of one that is deleted. */
  #loadBefore(deleted: Message): void {
    const load = async (): Promise<void> => {
      const loading = firstValueFrom(this.#client.with(deleted.peer_number, 1));
      await this.#meanwhile.during(loading, ({ rows }, changes) => {
        // That one was deleted meanwhile, too.
        if (withoutDeleted(rows, changes) !== rows) this.#loadBefore(deleted);
        else this.#change((loaded) => loaded && replaceDeleted(loaded, deleted, rows[0]));
      });
    };
    this.#sync
      .load(load)
      .pipe(
        catchError(() => EMPTY),
        takeUntilDestroyed(this.#destroyRef),
      )
      .subscribe();
  }
}
