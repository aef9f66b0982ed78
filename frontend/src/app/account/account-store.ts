import { Injectable, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { PasswordChange, Session } from '../api/models';
import { describeProblem } from '../api/describe-problem';
import { toProblem } from '../api/problem';
import { SessionStore } from '../session/session-store';
import { AccountClient } from './account-client';

/** The user's sessions, once they are loaded, and the actions on the account. Loaded sessions stay when reloading fails. */
@Injectable()
export class AccountStore {
  readonly #client = inject(AccountClient);
  readonly #session = inject(SessionStore);

  readonly #sessions = signal<readonly Session[] | undefined>(undefined);
  readonly #problem = signal('');

  /** The most recently used first; undefined until they are loaded. */
  readonly sessions = this.#sessions.asReadonly();
  /** Why the sessions could not be loaded or ended. */
  readonly problem = this.#problem.asReadonly();

  async load(): Promise<void> {
    await this.#try(async () => {
      this.#sessions.set(await firstValueFrom(this.#client.sessions()));
    });
  }

  /** Returns whether the session has ended; one that is not found has ended already. */
  async end({ _id, current }: Session): Promise<boolean> {
    if (current) {
      this.#session.signOut();
      return true;
    }
    return this.#try(async () => {
      try {
        await firstValueFrom(this.#client.endSession(_id));
      } catch (error) {
        if (toProblem(error).status !== 404) throw error;
      }
      this.#sessions.update((sessions) => sessions?.filter((other) => other._id !== _id));
    });
  }

  async endAll(): Promise<void> {
    await this.#try(() => this.#session.signOutEverywhere());
  }

  async changePassword(change: PasswordChange): Promise<void> {
    await this.#session.changePassword(change);
    await this.load();
  }

  /** Everything that is stored about the user, as one JSON document. */
  exportAccount(): Promise<Blob> {
    return firstValueFrom(this.#client.exportAccount());
  }

  async #try(work: () => Promise<void>): Promise<boolean> {
    this.#problem.set('');
    try {
      await work();
      return true;
    } catch (error) {
      this.#problem.set(describeProblem(toProblem(error)));
      return false;
    }
  }
}
