import { Injectable, inject } from '@angular/core';
import { SessionStore } from '../../../session/session-store';
import { UserStorage } from '../../../session/user-storage';

/** Two rows. */
const MAX = 16;

/** The emoji that this user has chosen last in this browser. Each is an entry of its own, with the time as its value. */
@Injectable()
export class RecentEmoji {
  readonly #storage = inject(UserStorage).namespace('emoji', inject(SessionStore).user()?.id ?? '');

  /** The latest first. */
  read(): string[] {
    return [...this.#storage.read()]
      .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
      .sort(([, one], [, other]) => other - one)
      .map(([characters]) => characters);
  }

  add(characters: string): void {
    this.#storage.set(characters, Date.now());
    for (const old of this.read().slice(MAX)) this.#storage.remove(old);
  }
}
