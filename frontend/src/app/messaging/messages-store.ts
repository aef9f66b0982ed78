import { DestroyRef, Injectable, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { EMPTY, Observable, catchError, firstValueFrom, map, switchMap } from 'rxjs';
import { Message, NewMessage } from '../api/models';
import { Poll } from '../api/poll';
import { Problem, explain, toProblem } from '../api/problem';
import { SessionStore } from '../session/session-store';
import { LivenessStore } from '../ui/liveness';
import { toConversations } from './conversations';
import { History, withEarlier, withLatest, withMessage } from './history';
import { newIdempotencyKey } from './idempotency-key';
import { MessagesClient } from './messages-client';
import { Outgoing, withoutArrived, withoutSettled } from './outbox';

const FIRST_PAGE = 50;
const LARGEST_PAGE = 200;

/** One person's messages, current while the page is open. What is loaded stays when a reload fails. */
@Injectable()
export class MessagesStore {
  readonly #client = inject(MessagesClient);
  readonly #liveness = inject(LivenessStore);

  readonly #history = signal<History | undefined>(undefined);
  readonly #outbox = signal<readonly Outgoing[]>([]);
  readonly #problem = signal('');
  readonly #loadingEarlier = signal(false);

  readonly isLoaded = computed(() => this.#history() !== undefined);
  readonly total = computed(() => this.#history()?.total ?? 0);
  readonly hasEarlier = computed(() => this.#history()?.hasEarlier ?? false);
  readonly loadingEarlier = this.#loadingEarlier.asReadonly();
  /** Why what is loaded may be out of date. */
  readonly problem = this.#problem.asReadonly();
  readonly conversations = computed(() =>
    toConversations(this.#history()?.messages ?? [], this.#outbox()),
  );

  constructor() {
    const poll = inject(Poll);
    this.#liveness.connecting();
    inject(DestroyRef).onDestroy(() => {
      this.#liveness.rest();
    });
    inject(SessionStore)
      .statusChanges.pipe(
        switchMap((status) => {
          if (status === 'unavailable') this.#liveness.offline();
          return status === 'signed-in' ? poll.every(() => this.#loadLatest()) : EMPTY;
        }),
        takeUntilDestroyed(),
      )
      .subscribe();
  }

  async loadEarlier(): Promise<void> {
    const oldest = this.#history()?.messages.at(-1);
    if (!oldest || this.#loadingEarlier()) return;
    this.#loadingEarlier.set(true);
    try {
      const page = await firstValueFrom(this.#client.before(oldest._id, LARGEST_PAGE));
      this.#history.update((history) => history && withEarlier(history, page));
      this.#problem.set('');
    } catch (error) {
      this.#problem.set(explain(toProblem(error)));
    } finally {
      this.#loadingEarlier.set(false);
    }
  }

  /** Shows the message at once. Answers what is wrong with its fields, should the API say so. */
  send({ recipient_number, content }: NewMessage): Promise<Problem['errors']> {
    const outgoing: Outgoing = {
      key: newIdempotencyKey(),
      recipient: recipient_number,
      content,
      writtenAt: new Date(),
      state: 'sending',
      problem: '',
      isEditable: false,
      others: new Set(this.#history()?.messages.map(({ _id }) => _id)),
    };
    this.#outbox.update((outbox) => [...outbox, outgoing]);
    return this.#post(outgoing);
  }

  sendAgain(outgoing: Outgoing): Promise<Problem['errors']> {
    this.#mark(outgoing.key, { state: 'sending', problem: '', isEditable: false });
    return this.#post(outgoing);
  }

  discard({ key }: Outgoing): void {
    this.#outbox.update((outbox) => outbox.filter((outgoing) => outgoing.key !== key));
  }

  async #post(outgoing: Outgoing): Promise<Problem['errors']> {
    const { key, recipient, content } = outgoing;
    try {
      const sent = this.#client.send({ recipient_number: recipient, content }, key);
      this.#settle(key, await firstValueFrom(sent));
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code === 'carrier_refused') {
        this.#settle(key, problem.members['message'] as Message);
      } else if (Object.keys(problem.errors).length > 0) {
        this.discard(outgoing);
        return problem.errors;
      } else {
        this.#mark(key, {
          state: 'failed',
          problem: explain(problem),
          isEditable: problem.status >= 400 && problem.status < 500,
        });
      }
    }
    return {};
  }

  #loadLatest(): Observable<void> {
    const loaded = this.#history()?.messages.length ?? 0;
    return this.#client.latest(loaded > FIRST_PAGE ? LARGEST_PAGE : FIRST_PAGE).pipe(
      map((page) => {
        if (page !== 'unchanged') {
          this.#history.update((history) => (history ? withLatest(history, page) : page));
          this.#outbox.update((outbox) => withoutArrived(outbox, page.messages));
        }
        this.#problem.set('');
        this.#liveness.upToDate();
      }),
      catchError((error: unknown) => {
        this.#problem.set(explain(toProblem(error)));
        this.#liveness.offline();
        return EMPTY;
      }),
    );
  }

  #settle(key: string, message: Message): void {
    this.#history.update((history) =>
      withMessage(history ?? { messages: [], total: 0, hasEarlier: false }, message),
    );
    this.#outbox.update((outbox) => withoutSettled(outbox, key, message));
  }

  #mark(key: string, change: Partial<Outgoing>): void {
    this.#outbox.update((outbox) =>
      outbox.map((outgoing) => (outgoing.key === key ? { ...outgoing, ...change } : outgoing)),
    );
  }
}
