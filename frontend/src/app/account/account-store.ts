import { Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { filter, firstValueFrom } from 'rxjs';
import { PasswordChange, Session } from '../api/models';
import { explain } from '../api/describe-problem';
import { toProblem } from '../api/problem';
import { SessionStore } from '../session/session-store';
import { AccountClient } from './account-client';

/** One person's sessions, and what is done to the account. What is loaded stays when a reload fails. */
@Injectable()
export class AccountStore {
  readonly #client = inject(AccountClient);
  readonly #session = inject(SessionStore);

  readonly #sessions = signal<readonly Session[] | undefined>(undefined);
  readonly #problem = signal('');

  /** Those used last first; undefined until they are loaded. */
  readonly sessions = this.#sessions.asReadonly();
  /** Why the sessions could not be loaded or ended. */
  readonly problem = this.#problem.asReadonly();

  constructor() {
    this.#session.statusChanges
      .pipe(
        filter((status) => status === 'signed-in'),
        takeUntilDestroyed(),
      )
      .subscribe(() => void this.load());
  }

  async load(): Promise<void> {
    await this.#try(async () => {
      this.#sessions.set(await firstValueFrom(this.#client.sessions()));
    });
  }

  /** Answers whether it is over now: one that is not found has ended meanwhile. */
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
    await this.#try(async () => {
      await firstValueFrom(this.#client.endAllSessions());
      this.#session.leave('signed-out-everywhere');
    });
  }

  async changePassword(change: PasswordChange): Promise<void> {
    await firstValueFrom(this.#client.changePassword(change));
    await this.load();
  }

  /** Everything that is stored about the person, as one document. */
  exportAccount(): Promise<Blob> {
    return firstValueFrom(this.#client.exportAccount());
  }

  async deleteAccount(password: string): Promise<void> {
    await firstValueFrom(this.#client.deleteAccount(password));
    this.#session.leave('account-deleted');
  }

  async #try(work: () => Promise<void>): Promise<boolean> {
    this.#problem.set('');
    try {
      await work();
      return true;
    } catch (error) {
      this.#problem.set(explain(toProblem(error)));
      return false;
    }
  }
}
