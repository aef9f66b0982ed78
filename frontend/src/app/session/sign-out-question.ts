import { inject, signal } from '@angular/core';
import { UnsentCounts, UserStorage } from './user-storage';

/** In an injection context: asks before signing out would delete what was written here and is not sent. */
export class SignOutQuestion {
  readonly #userStorage = inject(UserStorage);
  readonly #asked = signal<
    { readonly unsent: UnsentCounts; readonly signOut: () => void } | undefined
  >(undefined);

  /** What signing out would delete, while the user is asked. */
  readonly unsent = () => this.#asked()?.unsent;

  /** Signs out at once if that deletes nothing. */
  ask(signOut: () => void): void {
    const unsent = this.#userStorage.unsentCounts();
    if (unsent) this.#asked.set({ unsent, signOut });
    else signOut();
  }

  answer(isConfirmed: boolean): void {
    const asked = this.#asked();
    this.#asked.set(undefined);
    if (isConfirmed) asked?.signOut();
  }
}
