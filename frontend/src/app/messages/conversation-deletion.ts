import { DestroyRef, Injectable, Signal, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Observable, firstValueFrom } from 'rxjs';
import { describeProblem } from '../api/describe-problem';
import { Message } from '../api/models';
import { toProblem } from '../api/problem';
import { isNewer } from './message-order';
import { MessageSync } from './message-sync';
import { MessagesClient } from './messages-client';

/** How far the deletion of a conversation is. */
export interface DeletionState {
  readonly step: 'deleting' | 'done' | 'failed';
  readonly deleted: number;
  /** How many messages stay, once it is done. */
  readonly kept: number;
  /** Why it takes longer, or has failed. */
  readonly problem: string;
}

interface Course {
  readonly deleted: number;
  readonly kept: number;
}

/** Deletes conversations, part by part, whichever page is open. Loaded when it is needed; in the scope of the user. */
@Injectable()
export class ConversationDeletion {
  readonly #client = inject(MessagesClient);
  readonly #sync = inject(MessageSync);
  readonly #destroyRef = inject(DestroyRef);

  /** Up to which the user has been shown everything. */
  get shown(): number {
    return this.#client.revision;
  }

  /** How many messages there are now. */
  async count(peer: string): Promise<number> {
    return (await this.#once(() => firstValueFrom(this.#client.with(peer, 1)))).total;
  }

  /** Deletes what the user has been shown: `last` is the newest of it. */
  start(last: Message, shown: number): Signal<DeletionState> {
    const state = signal<DeletionState>({ step: 'deleting', deleted: 0, kept: 0, problem: '' });
    const change = (changes: Partial<DeletionState>): void => {
      state.update((before) => ({ ...before, ...changes }));
    };
    this.#delete(last, shown, change).then(
      ({ kept }) => {
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

  async #delete(
    last: Message,
    shown: number,
    change: (changes: Partial<DeletionState>) => void,
  ): Promise<Course> {
    const peer = last.peer_number;
    const first = await this.#pass(peer, shown, 0, change);
    if (first.kept === 0) {
      this.#sync.refresh();
      return first;
    }
    // A status may have changed a moment ago. If something has come in, nobody has seen it: then all of it stays.
    await this.#nextPoll();
    const now = this.shown;
    const { rows } = await this.#once(() => firstValueFrom(this.#client.with(peer, 1)));
    const newest = rows[0];
    if (!newest) return { ...first, kept: 0 };
    if (isNewer(newest, last)) return first;
    const second = await this.#pass(peer, now, first.deleted, change);
    this.#sync.refresh();
    return second;
  }

  /** From the newest part to the oldest one. What is asked for may be repeated, and goes on where it was. */
  async #pass(
    peer: string,
    revision: number,
    from: number,
    change: (changes: Partial<DeletionState>) => void,
  ): Promise<Course> {
    let [deleted, kept] = [from, 0];
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
      deleted += part.deleted;
      kept += part.kept;
      change({ deleted, problem: '' });
      before = part.before ?? undefined;
    } while (before !== undefined);
    return { deleted, kept };
  }

  #once<T>(work: () => Promise<T>): Promise<T> {
    const done: Observable<T> = this.#sync.load(work).pipe(takeUntilDestroyed(this.#destroyRef));
    return firstValueFrom(done);
  }

  /** Resolves once all that has changed until now is shown. */
  #nextPoll(): Promise<void> {
    return new Promise((resolve) => {
      let hasBegun = false;
      const end = this.#sync.subscribe({
        beforeChanges: () => {
          hasBegun = true;
          return Promise.resolve();
        },
        afterChanges: () => {
          // One that was under way already may not have it.
          if (!hasBegun) return;
          end();
          resolve();
        },
        find: () => undefined,
        applyChanges: () => undefined,
        hasPending: () => false,
      });
      this.#sync.refresh();
    });
  }
}
