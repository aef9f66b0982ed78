import { Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { filter, firstValueFrom, fromEvent, merge, pairwise } from 'rxjs';
import { Message, NewMessage } from '../api/models';
import { Problem, explain, toProblem } from '../api/problem';
import { SessionStore } from '../session/session-store';
import { UserStorage } from '../session/user-storage';
import { messagingTexts } from '../texts/messaging-texts';
import { formTexts } from '../texts/form-texts';
import { Feed } from './feed';
import { newIdempotencyKey } from './idempotency-key';
import { MessagesClient } from './messages-client';
import {
  Outgoing,
  isToBeResumed,
  isUnsent,
  toOutgoing,
  toUnsent,
  withoutSettled,
} from './outgoing';
import { ThreadsStore } from './threads-store';

/**
 * Messages on their way to the API. Each is kept in the browser from before its first request until
 * it is answered for, with its Idempotency-Key: after a reload the same request is made again.
 */
@Injectable()
export class OutboxStore {
  readonly #client = inject(MessagesClient);
  readonly #feed = inject(Feed);
  readonly #threads = inject(ThreadsStore);
  readonly #kept = inject(UserStorage).shelf('unsent', inject(SessionStore).user()?.id ?? '');

  readonly #outbox = signal(this.#restore());

  /** Oldest first. */
  readonly outbox = this.#outbox.asReadonly();

  constructor() {
    const recovered = toObservable(this.#feed.problem).pipe(
      pairwise(),
      filter(([before, now]) => before !== '' && now === ''),
    );
    merge(recovered, fromEvent(window, 'online'))
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        this.#resume();
      });
    this.#resume();
  }

  /** Shows the message at once. */
  async send({ recipient_number, content }: NewMessage): Promise<void> {
    const outgoing: Outgoing = {
      key: newIdempotencyKey(),
      recipient: recipient_number,
      content,
      writtenAt: new Date(),
      state: 'sending',
      problem: '',
      isRefused: false,
      others: { upTo: this.#threads.thread(recipient_number).log?.messages[0], ids: new Set() },
    };
    this.#kept.keep(outgoing.key, toUnsent(outgoing));
    this.#outbox.update((outbox) => [...outbox, outgoing]);
    await this.#post(outgoing);
  }

  async sendAgain(outgoing: Outgoing): Promise<void> {
    this.#mark(outgoing.key, { state: 'sending', problem: '', isRefused: false });
    await this.#post(outgoing);
  }

  discard({ key }: Outgoing): void {
    this.#kept.remove(key);
    this.#outbox.update((outbox) => outbox.filter((outgoing) => outgoing.key !== key));
  }

  /** Asks again about those of which nobody knows whether the API has taken them. */
  #resume(): void {
    for (const outgoing of this.#outbox()) {
      if (isToBeResumed(outgoing, new Date())) void this.sendAgain(outgoing);
    }
  }

  async #post({ key, recipient, content }: Outgoing): Promise<void> {
    try {
      const sent = this.#client.send({ recipient_number: recipient, content }, key);
      this.#settle(key, await firstValueFrom(sent));
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code === 'carrier_refused') {
        this.#settle(key, problem.members['message'] as Message);
      } else {
        this.#mark(key, {
          state: 'failed',
          problem: inWords(problem),
          isRefused: problem.status >= 400 && problem.status < 500 && problem.status !== 408,
        });
      }
    }
  }

  #settle(key: string, message: Message): void {
    this.#kept.remove(key);
    this.#feed.hearNew(message);
    this.#outbox.update((outbox) => withoutSettled(outbox, key, message));
  }

  #mark(key: string, change: Partial<Outgoing>): void {
    this.#outbox.update((outbox) =>
      outbox.map((outgoing) => {
        if (outgoing.key !== key) return outgoing;
        const changed = { ...outgoing, ...change };
        this.#kept.keep(key, toUnsent(changed));
        return changed;
      }),
    );
  }

  #restore(): readonly Outgoing[] {
    return [...this.#kept.read()]
      .flatMap(([key, thing]) => (isUnsent(thing) ? [toOutgoing(key, thing)] : []))
      .sort((one, other) => one.writtenAt.getTime() - other.writtenAt.getTime());
  }
}

function inWords(problem: Problem): string {
  const labels: Readonly<Record<string, string>> = {
    recipient_number: messagingTexts.compose.phoneNumber,
    content: messagingTexts.compose.message,
  };
  const sentences = Object.entries(problem.errors).flatMap(([field, errors]) =>
    errors.map((error) => formTexts.wrong(labels[field] ?? field, error)),
  );
  return sentences.length > 0 ? sentences.join(' ') : explain(problem);
}
