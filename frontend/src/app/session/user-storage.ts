import { Injectable, computed, inject } from '@angular/core';
import { Observable, filter, map } from 'rxjs';
import { BrowserStorage } from '../storage/browser-storage';
import { SESSION_KEY, SessionRepository } from './session-repository';

/** What users have written and the API does not have yet, and which emoji they have chosen last. */
export type StorageKind = 'contacts' | 'drafts' | 'emoji' | 'pictures' | 'unsent';

/** At least one in all. */
export interface UnsentCounts {
  readonly messages: number;
  readonly drafts: number;
}

/** The stored values of one kind and user. */
export interface StorageNamespace {
  read(): ReadonlyMap<string, unknown>;
  set(name: string, value: unknown): void;
  remove(name: string): void;
  /** Names of the values that another tab has set or removed; undefined: perhaps all. */
  readonly changes: Observable<string | undefined>;
}

/**
 * Stores values for one user, over reloads if the browser has storage. Signing out here or from another device erases
 * them; a session that expires does not. Each value is an entry of its own, so that tabs never overwrite each other's.
 */
@Injectable({ providedIn: 'root' })
export class UserStorage {
  readonly #browser = inject(BrowserStorage);
  readonly #session = inject(SessionRepository);

  /** What a reload would lose because it could not be stored: the session and everything else, or texts only. */
  readonly atRisk = computed<'session' | 'texts' | undefined>(() => {
    const unstored = this.#browser.unstored();
    if (unstored.includes(SESSION_KEY)) return 'session';
    return unstored.some((key) => /^mysms\.(contacts|drafts|pictures|unsent)\./.test(key))
      ? 'texts'
      : undefined;
  });

  namespace(kind: StorageKind, userId: string): StorageNamespace {
    const prefix = `mysms.${kind}.${userId}.`;
    return {
      changes: this.#browser.changes.pipe(
        filter(({ key }) => key === null || key.startsWith(prefix)),
        map(({ key }) => key?.slice(prefix.length)),
      ),
      read: () => this.#read(prefix),
      set: (name, value) => {
        // Another tab may have signed the user out a moment ago.
        if (this.#session.read()?.user.id !== userId) return;
        this.#browser.set(prefix + name, JSON.stringify(value));
      },
      remove: (name) => {
        this.#browser.remove(prefix + name);
      },
    };
  }

  /** What signing out would erase, of all tabs; undefined if there is nothing. */
  unsentCounts(): UnsentCounts | undefined {
    const userId = this.#session.read()?.user.id;
    if (userId === undefined) return undefined;
    const names = (kind: StorageKind): string[] => [...this.namespace(kind, userId).read().keys()];
    const messages = names('unsent').length;
    const written = new Set([...names('drafts'), ...names('pictures').map(draftOf)]);
    const drafts = written.size + names('contacts').length;
    return messages + drafts > 0 ? { messages, drafts } : undefined;
  }

  #read(prefix: string): Map<string, unknown> {
    const values = new Map<string, unknown>();
    for (const key of this.#browser.keys().filter((key) => key.startsWith(prefix))) {
      try {
        values.set(key.slice(prefix.length), JSON.parse(this.#browser.get(key) ?? 'null'));
      } catch {
        // Not written by this application.
      }
    }
    return values;
  }
}

/** The name of the draft that has a picture, by the name of the picture: `<draft>.<picture>`. */
export function draftOf(picture: string): string {
  return picture.slice(0, picture.lastIndexOf('.'));
}
