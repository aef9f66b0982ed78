import { DestroyRef, Injectable, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Observable, Subject, catchError, map, of, startWith, switchMap } from 'rxjs';
import { Message, MessageDetail } from '../../api/models';
import { describeProblem } from '../../api/describe-problem';
import { toProblem } from '../../api/problem';
import { latestOf } from '../../messages/message-order';
import { MessageSubscriber, MessageSync } from '../../messages/message-sync';
import { MessagesClient } from '../../messages/messages-client';

interface Loaded {
  readonly id: string;
  readonly message?: MessageDetail | undefined;
  readonly problem?: string;
}

/**
 * The details of one message at a time, loaded again when it changes. They stay when reloading fails. A late response
 * about another message is ignored.
 */
@Injectable()
export class MessageDetailsStore implements MessageSubscriber {
  readonly #client = inject(MessagesClient);
  readonly #sync = inject(MessageSync);

  readonly #requests = new Subject<string>();
  readonly #loaded = signal<Loaded>({ id: '' });
  /** The latest version that is known, which the last request was made for. */
  #latest: Message | undefined;

  readonly #isDeleted = signal(false);
  /** Whether the message was deleted while its details were shown. */
  readonly isDeleted = this.#isDeleted.asReadonly();
  readonly message = computed(() => this.#loaded().message);
  readonly problem = computed(() => this.#loaded().problem ?? '');

  constructor() {
    inject(DestroyRef).onDestroy(this.#sync.subscribe(this));
    this.#requests
      .pipe(
        switchMap((id) => this.#load(id)),
        takeUntilDestroyed(),
      )
      .subscribe((loaded) => {
        this.#loaded.set(loaded);
      });
  }

  load(id: string): void {
    if (this.#latest?._id !== id) this.#latest = undefined;
    this.#isDeleted.set(false);
    this.#requests.next(id);
  }

  forget(): void {
    const { id } = this.#loaded();
    // Versions go back when a backup is restored.
    this.#latest = undefined;
    if (id !== '') this.load(id);
  }

  /** The message may be in no other store: a long conversation keeps only a part of itself in memory. */
  applyChanges(changes: readonly Message[]): void {
    const change = changes.find(({ _id }) => _id === this.#loaded().id);
    if (change?.deleted_at) {
      this.#isDeleted.set(true);
      return;
    }
    // Of a message that is being loaded for the first time, the response may be older than the change.
    if (!change || (this.#latest && latestOf(this.#latest, change) === this.#latest)) return;
    this.#latest = change;
    this.load(change._id);
  }

  /** What lists the message says what is new: this store only listens. */
  find(): undefined {
    return undefined;
  }

  hasPending(): boolean {
    return this.message()?.status === 'pending';
  }

  #load(id: string): Observable<Loaded> {
    const before = this.#loaded();
    const known: Loaded = before.id === id ? before : { id };
    return this.#client.detail(id).pipe(
      map((message) => {
        this.#latest = latestOf(this.#latest ?? message, message);
        this.#sync.applyChanges([message]);
        return { id, message };
      }),
      catchError((error: unknown) => {
        // The change is still to be shown: the next poll that brings it again loads it.
        this.#latest = known.message;
        const problem = toProblem(error);
        if (known.message && problem.code === 'not_found') this.#isDeleted.set(true);
        return of({ ...known, problem: describeProblem(problem) });
      }),
      startWith(known),
    );
  }
}
