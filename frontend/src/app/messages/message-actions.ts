import { Injectable, inject, signal } from '@angular/core';
import { Observable, firstValueFrom } from 'rxjs';
import { Message } from '../api/models';
import { explain } from '../api/describe-problem';
import { toProblem } from '../api/problem';
import { Feed } from './message-sync';
import { MessagesClient, messageOf } from './messages-client';

/** How far something is that one has asked for a message. */
export interface Action {
  readonly isBusy: boolean;
  readonly problem: string;
}

const NONE: Action = { isBusy: false, problem: '' };

/** What one can do about a message that the API has. */
@Injectable()
export class MessageActions {
  readonly #client = inject(MessagesClient);
  readonly #feed = inject(Feed);
  readonly #actions = signal<ReadonlyMap<string, Action>>(new Map());

  of({ _id }: Message): Action {
    return this.#actions().get(_id) ?? NONE;
  }

  async cancel(message: Message): Promise<void> {
    await this.#do(message, this.#client.cancel(message._id));
  }

  /** As a new message. For an unconfirmed one, its author accepts that it may arrive twice. */
  async retry(message: Message): Promise<void> {
    const acceptPossibleDouble = message.status === 'unconfirmed';
    await this.#do(message, this.#client.retry(message._id, acceptPossibleDouble));
  }

  async #do(message: Message, call: Observable<Message>): Promise<void> {
    if (this.of(message).isBusy) return;
    this.#set(message, { isBusy: true, problem: '' });
    try {
      this.#feed.hearNew(await firstValueFrom(call));
      this.#set(message, { isBusy: false });
    } catch (error) {
      const problem = toProblem(error);
      const stored = messageOf(problem);
      if (stored) {
        this.#feed.hearNew(stored);
        this.#set(message, { isBusy: false });
        return;
      }
      this.#set(message, { isBusy: false, problem: explain(problem) });
    }
  }

  #set(message: Message, change: Partial<Action>): void {
    const action = { ...this.of(message), ...change };
    this.#actions.update((actions) => new Map(actions).set(message._id, action));
  }
}
