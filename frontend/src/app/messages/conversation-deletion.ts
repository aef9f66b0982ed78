import { DestroyRef, Injectable, Signal, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Observable, firstValueFrom } from 'rxjs';
import { describeProblem } from '../api/describe-problem';
import { toProblem } from '../api/problem';
import { MessageSync } from './message-sync';
import { MessagesClient } from './messages-client';
import { UnreadStore } from './unread-store';

/** How far the deletion of a conversation is. */
export interface DeletionState {
  readonly step: 'deleting' | 'done' | 'failed';
  readonly deleted: number;
  /** How many messages stay, once it is done. */
  readonly kept: number;
  /** Why it takes longer, or has failed. */
  readonly problem: string;
}

/** What the user has been shown of a conversation. */
export interface Shown {
  readonly revision: number;
  /** How many messages have come in, if some are unread. */
  readonly inbound: number | undefined;
}

/** Deletes conversations, part by part, whichever page is open. Loaded when it is needed; in the scope of the user. */
@Injectable()
export class ConversationDeletion {
  readonly #client = inject(MessagesClient);
  readonly #sync = inject(MessageSync);
  readonly #unread = inject(UnreadStore);
  readonly #destroyRef = inject(DestroyRef);

  shownOf(peer: string): Shown {
    return { revision: this.#client.revision, inbound: this.#unread.inboundOf(peer) };
  }

  /** How many messages there are now. */
  async count(peer: string): Promise<number> {
    return (await this.#once(() => firstValueFrom(this.#client.with(peer, 1)))).total;
  }

  /**
   * Deletes what the user has been shown, and counts it as read. What has come in since stays: an inbound message that
   * arrives late may be older than all that is shown, and nobody has seen it.
   */
  start(peer: string, shown: Shown): Signal<DeletionState> {
    const state = signal<DeletionState>({ step: 'deleting', deleted: 0, kept: 0, problem: '' });
    const change = (changes: Partial<DeletionState>): void => {
      state.update((before) => ({ ...before, ...changes }));
    };
    this.#delete(peer, shown, change).then(
      (kept) => {
        this.#sync.refresh();
        change({ step: 'done', kept, problem: '' });
      },
      (error: unknown) => {
        // What is left is shown as it is.
        this.#sync.refresh();
        change({ step: 'failed', problem: describeProblem(toProblem(error)) });
      },
    );
    return state.asReadonly();
  }

  /** From the newest part to the oldest one; returns how many messages stay. A request may be repeated. */
  async #delete(
    peer: string,
    { revision, inbound }: Shown,
    change: (changes: Partial<DeletionState>) => void,
  ): Promise<number> {
    let [deleted, kept] = [0, 0];
    let before: string | undefined;
    do {
      const part = await this.#once(async () => {
        try {
          return await firstValueFrom(this.#client.deleteConversation(peer, revision, before));
        } catch (error) {
          const problem = toProblem(error);
          if (problem.status === 404) return { deleted: 0, kept: 0, before: null };
          change({ problem: describeProblem(problem) });
          throw error;
        }
      });
      // What is deleted would be counted as unread for as long as anything stays.
      if (before === undefined && inbound !== undefined) this.#unread.markRead(peer, inbound);
      deleted += part.deleted;
      kept += part.kept;
      change({ deleted, problem: '' });
      before = part.before ?? undefined;
    } while (before !== undefined);
    return kept;
  }

  #once<T>(work: () => Promise<T>): Promise<T> {
    const done: Observable<T> = this.#sync.load(work).pipe(takeUntilDestroyed(this.#destroyRef));
    return firstValueFrom(done);
  }
}
