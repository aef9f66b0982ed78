import { Injectable, inject, signal } from '@angular/core';
import { Observable, firstValueFrom } from 'rxjs';
import { describeProblem } from '../api/describe-problem';
import { Message } from '../api/models';
import { toProblem } from '../api/problem';
import { MessageSync } from './message-sync';
import { MessagesClient, storedMessageOf } from './messages-client';
import { OptOutsStore } from './opt-outs/opt-outs-store';
import { isRecipientError } from './recipient-errors';

/** The progress of an action on a message. */
export interface ActionState {
  readonly isBusy: boolean;
  readonly problem: string;
}

const IDLE: ActionState = { isBusy: false, problem: '' };

/** The user's actions on a message that the API has stored. */
@Injectable()
export class MessageActions {
  readonly #client = inject(MessagesClient);
  readonly #sync = inject(MessageSync);
  readonly #optOuts = inject(OptOutsStore);
  readonly #states = signal<ReadonlyMap<string, ActionState>>(new Map());

  stateOf({ _id }: Message): ActionState {
    return this.#states().get(_id) ?? IDLE;
  }

  /** Whether its text can be sent again, unchanged or not, as far as is known. */
  canResend({ peer_number }: Message): boolean {
    return this.#optOuts.canBeWrittenTo(peer_number);
  }

  /** A wrong number can be changed, too. */
  canEdit(message: Message): boolean {
    return isRecipientError(message) || this.canResend(message);
  }

  async cancel(message: Message): Promise<void> {
    await this.#run(message, this.#client.cancel(message._id));
  }

  /** Sends the text again as a new message. For an unconfirmed one, the user accepts that it may arrive twice. */
  async retry(message: Message): Promise<void> {
    const acceptPossibleDuplicate = message.status === 'unconfirmed';
    await this.#run(message, this.#client.retry(message._id, acceptPossibleDuplicate));
  }

  /** Returns why it could not be deleted; nothing if it was. */
  async delete(message: Message): Promise<string> {
    try {
      await firstValueFrom(this.#client.delete(message._id));
    } catch (error) {
      return describeProblem(toProblem(error));
    }
    this.#sync.applyDeletion(message);
    return '';
  }

  async #run(message: Message, call: Observable<Message>): Promise<void> {
    if (this.stateOf(message).isBusy) return;
    this.#set(message, { isBusy: true, problem: '' });
    try {
      this.#sync.applyNew(await firstValueFrom(call));
      this.#set(message, { isBusy: false });
    } catch (error) {
      const problem = toProblem(error);
      const stored = storedMessageOf(problem);
      if (stored) {
        this.#sync.applyNew(stored);
        this.#set(message, { isBusy: false });
        return;
      }
      this.#set(message, { isBusy: false, problem: describeProblem(problem) });
      // What is shown of the message is out of date.
      if (problem.status === 409) this.#sync.refresh();
    }
  }

  #set(message: Message, change: Partial<ActionState>): void {
    const state = { ...this.stateOf(message), ...change };
    this.#states.update((states) => new Map(states).set(message._id, state));
  }
}
