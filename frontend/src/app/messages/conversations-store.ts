import { Injectable, computed, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { Message } from '../api/models';
import { explain } from '../api/describe-problem';
import { toProblem } from '../api/problem';
import { Conversations, toConversations, withHeard, withMore } from './conversations';
import { MessagesClient } from './messages-client';

/** The conversation list. Whoever hears of messages tells it; what is loaded stays true. */
@Injectable()
export class ConversationsStore {
  readonly #client = inject(MessagesClient);

  readonly #loaded = signal<Conversations | undefined>(undefined);
  readonly #loadingMore = signal(false);
  readonly #problem = signal('');

  readonly isLoaded = computed(() => this.#loaded() !== undefined);
  readonly rows = computed(() => this.#loaded()?.rows ?? []);
  readonly hasMore = computed(() => this.#loaded()?.hasMore ?? false);
  readonly loadingMore = this.#loadingMore.asReadonly();
  /** Why more could not be loaded. */
  readonly problem = this.#problem.asReadonly();

  async load(): Promise<void> {
    this.#loaded.set(toConversations(await firstValueFrom(this.#client.conversations())));
  }

  async loadMore(): Promise<void> {
    const last = this.rows().at(-1)?.last;
    if (!last || this.#loadingMore()) return;
    this.#loadingMore.set(true);
    try {
      const page = await firstValueFrom(this.#client.conversations(last._id));
      this.#loaded.update((loaded) => loaded && withMore(loaded, page));
      this.#problem.set('');
    } catch (error) {
      this.#problem.set(explain(toProblem(error)));
    } finally {
      this.#loadingMore.set(false);
    }
  }

  hear(messages: readonly Message[]): void {
    this.#loaded.update((loaded) => loaded && withHeard(loaded, messages));
  }

  /** The message as it was last heard of, if it is the last of its conversation. */
  find({ _id, peer_number }: Message): Message | undefined {
    const last = this.rows().find(({ peer }) => peer === peer_number)?.last;
    return last?._id === _id ? last : undefined;
  }
}
