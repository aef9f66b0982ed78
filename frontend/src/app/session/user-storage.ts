import { Injectable, computed, inject } from '@angular/core';
import { Observable, filter, map } from 'rxjs';
import { BrowserStorage } from '../storage/browser-storage';
import { SESSION_KEY, SessionStorage } from './session-storage';

/** What people write and the API does not have yet. */
export type Kind = 'drafts' | 'unsent';

/** How many of each, at least one in all. */
export interface Unsent {
  readonly messages: number;
  readonly drafts: number;
}

/** Things of one kind that one user keeps in this browser, each under a name of its own. */
export interface Shelf {
  read(): ReadonlyMap<string, unknown>;
  keep(name: string, thing: unknown): void;
  remove(name: string): void;
  /** Names of what another tab has kept or removed; nothing for all. */
  readonly changes: Observable<string | undefined>;
}

/**
 * What belongs to one user and outlives a reload where the browser stores anything. Signing out erases it; a session
 * that ends by itself does not. Each thing is an entry of its own, so that tabs never overwrite each other's.
 */
@Injectable({ providedIn: 'root' })
export class UserStorage {
  readonly #browser = inject(BrowserStorage);
  readonly #session = inject(SessionStorage);

  /** What a reload would take away, because this browser does not store it: the session and all else, or texts alone. */
  readonly atRisk = computed<'session' | 'texts' | undefined>(() => {
    const unstored = this.#browser.unstored();
    if (unstored.includes(SESSION_KEY)) return 'session';
    return unstored.some((key) => /^mysms\.(drafts|unsent)\./.test(key)) ? 'texts' : undefined;
  });

  shelf(kind: Kind, userId: string): Shelf {
    const prefix = `mysms.${kind}.${userId}.`;
    return {
      changes: this.#browser.changes.pipe(
        filter(({ key }) => key === null || key.startsWith(prefix)),
        map(({ key }) => key?.slice(prefix.length)),
      ),
      read: () => this.#read(prefix),
      keep: (name, thing) => {
        // Another tab may have signed the user out a moment ago.
        if (this.#session.read()?.user.id !== userId) return;
        this.#browser.set(prefix + name, JSON.stringify(thing));
      },
      remove: (name) => {
        this.#browser.remove(prefix + name);
      },
    };
  }

  /** What signing out would erase, of all tabs; undefined where there is nothing. */
  unsent(): Unsent | undefined {
    const userId = this.#session.read()?.user.id;
    if (userId === undefined) return undefined;
    const messages = this.shelf('unsent', userId).read().size;
    const drafts = this.shelf('drafts', userId).read().size;
    return messages + drafts > 0 ? { messages, drafts } : undefined;
  }

  #read(prefix: string): Map<string, unknown> {
    const things = new Map<string, unknown>();
    for (const key of this.#browser.keys().filter((key) => key.startsWith(prefix))) {
      try {
        things.set(key.slice(prefix.length), JSON.parse(this.#browser.get(key) ?? 'null'));
      } catch {
        // Not of our making.
      }
    }
    return things;
  }
}
