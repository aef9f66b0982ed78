import { Injectable, inject } from '@angular/core';
import { Observable, filter, fromEvent, map } from 'rxjs';
import { SessionStorage } from './session-storage';

/** Things of one kind that one user keeps in this browser, each under a name of its own. */
export interface Shelf {
  read(): ReadonlyMap<string, unknown>;
  keep(name: string, thing: unknown): void;
  remove(name: string): void;
  /** Names of what another tab has kept or removed; nothing for all. */
  readonly changes: Observable<string | undefined>;
}

/**
 * What outlives a reload and belongs to one user; signing out erases it. Each thing is an entry of
 * its own, so that tabs never overwrite each other's. Where the browser keeps nothing, nothing is kept.
 */
@Injectable({ providedIn: 'root' })
export class UserStorage {
  readonly #session = inject(SessionStorage);

  shelf(kind: string, userId: string): Shelf {
    const prefix = `mysms.${kind}.${userId}.`;
    return {
      changes: fromEvent<StorageEvent>(window, 'storage').pipe(
        filter(({ key }) => key === null || key.startsWith(prefix)),
        map(({ key }) => key?.slice(prefix.length)),
      ),
      read: () => read(prefix),
      keep: (name, thing) => {
        // Another tab may have signed the user out a moment ago.
        if (this.#session.read()?.user.id !== userId) return;
        try {
          localStorage.setItem(prefix + name, JSON.stringify(thing));
        } catch {
          // Full or forbidden.
        }
      },
      remove: (name) => {
        try {
          localStorage.removeItem(prefix + name);
        } catch {
          // Forbidden.
        }
      },
    };
  }
}

function read(prefix: string): Map<string, unknown> {
  const things = new Map<string, unknown>();
  for (const key of keys().filter((key) => key.startsWith(prefix))) {
    try {
      things.set(key.slice(prefix.length), JSON.parse(localStorage.getItem(key) ?? 'null'));
    } catch {
      // Not of our making.
    }
  }
  return things;
}

function keys(): string[] {
  try {
    return Object.keys(localStorage);
  } catch {
    return [];
  }
}
