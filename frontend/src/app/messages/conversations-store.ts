import { Injectable, computed, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { describeProblem } from '../api/describe-problem';
import { Message } from '../api/models';
import { toProblem } from '../api/problem';
import { Conversations, appendPage, mergeChanges, toConversations } from './conversations';
import { MessageSubscriber, MessageSync } from './message-sync';
import { MessagesClient } from './messages-client';

/** The conversation list, as far as it is loaded. */
@Injectable()
export class ConversationsStore implements MessageSubscriber {
  readonly #client = inject(MessagesClient);

  readonly #loaded = signal<Conversations | undefined>(undefined);
  readonly #loadingMore = signal(false);
  readonly #problem = signal('');

  readonly isLoaded = computed(() => this.#loaded() !== undefined);
  readonly rows = computed(() => this.#loaded()?.rows ?? []);
  readonly hasMore = computed(() => this.#loaded()?.hasMore ?? false);
  readonly loadingMore = this.#loadingMore.asReadonly();
  /** Why the next page could not be loaded. */
  readonly problem = this.#problem.asReadonly();

  constructor() {
    inject(MessageSync).subscribe(this);
  }

  async loadFirst(): Promise<readonly Message[]> {
    if (this.isLoaded()) return [];
    this.#loaded.set(toConversations(await firstValueFrom(this.#client.conversations())));
    return this.rows().map(({ last }) => last);
  }

  async loadMore(): Promise<void> {
    const last = this.rows().at(-1)?.last;
    if (!last || this.#loadingMore()) return;
    this.#loadingMore.set(true);
    try {
      const page = await firstValueFrom(this.#client.conversations(last._id));
      this.#loaded.update((loaded) => loaded && appendPage(loaded, page));
      this.#problem.set('');
    } catch (error) {
      this.#problem.set(describeProblem(toProblem(error)));
    } finally {
      this.#loadingMore.set(false);
    }
  }

  applyChanges(messages: readonly Message[]): void {
    this.#loaded.update((loaded) => loaded && mergeChanges(loaded, messages));
  }

  /** The known version of the message, if it is the last one of its conversation. */
  find({ _id, peer_number }: Message): Message | undefined {
    const last = this.rows().find(({ peer }) => peer === peer_number)?.last;
    return last?._id === _id ? last : undefined;
  }

  hasPending(): boolean {
    return this.rows().some(({ last }) => last.status === 'pending');
  }
}
