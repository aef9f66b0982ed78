import { Injectable, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { filter, map } from 'rxjs';
import { BrowserStorage } from '../storage/browser-storage';

export interface StoredSession {
  readonly refreshToken: string;
  readonly user: { readonly id: string; readonly email: string };
}

export const SESSION_KEY = 'mysms.session';
const FAREWELL = 'mysms.farewell';
const ERASED = 'mysms.erased';

/** Why nobody is signed in any more, where this is not plain to see. */
export type Farewell = 'session-ended' | 'signed-out-everywhere' | 'account-deleted';

/** What outlives a reload, shared by all tabs. */
@Injectable({ providedIn: 'root' })
export class SessionStorage {
  readonly #browser = inject(BrowserStorage);

  /** Another tab has written or cleared. */
  readonly changes = this.#browser.changes.pipe(
    filter(({ key }) => key === SESSION_KEY || key === null),
  );

  /** Why another tab has cleared it. */
  readonly farewells = this.#browser.changes.pipe(
    filter(({ key }) => key === FAREWELL),
    map(({ newValue }) => newValue),
    filter(isFarewell),
  );

  constructor() {
    // What this tab has in memory alone, another one cannot erase.
    this.#browser.changes.pipe(takeUntilDestroyed()).subscribe(({ key, newValue }) => {
      if (key === ERASED && newValue !== null) this.#erase(newValue);
    });
  }

  read(): StoredSession | undefined {
    try {
      const value: unknown = JSON.parse(this.#browser.get(SESSION_KEY) ?? 'null');
      return isStoredSession(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  write(session: StoredSession): void {
    this.#browser.set(SESSION_KEY, JSON.stringify(session));
  }

  /**
   * Another tab may have been quicker; then its successor counts, and ours is dropped. So is one that finds no room: its
   * predecessor stays stored, and stays valid for as long as no successor of it is used.
   */
  replace(expected: StoredSession, successor: StoredSession): void {
    if (this.read()?.refreshToken !== expected.refreshToken) return;
    this.#browser.replace(SESSION_KEY, JSON.stringify(successor));
  }

  clear(): void {
    this.#browser.remove(SESSION_KEY);
  }

  /** Tells the other tabs, and leaves nothing behind. */
  tell(farewell: Farewell): void {
    this.#tellTabs(FAREWELL, farewell);
  }

  /** Erases whatever this browser keeps for the user, in all tabs: entries named `mysms.<kind>.<user>.<name>`. */
  erase(userId: string): void {
    this.#erase(userId);
    this.#tellTabs(ERASED, userId);
  }

  #erase(userId: string): void {
    for (const key of this.#browser.keys()) {
      const [product, , owner] = key.split('.');
      if (product === 'mysms' && owner === userId) this.#browser.remove(key);
    }
  }

  #tellTabs(key: string, value: string): void {
    this.#browser.set(key, value);
    this.#browser.remove(key);
  }
}

function isFarewell(value: string | null): value is Farewell {
  return ['session-ended', 'signed-out-everywhere', 'account-deleted'].includes(value ?? '');
}

function isStoredSession(value: unknown): value is StoredSession {
  const session = value as Partial<StoredSession> | null;
  return (
    typeof session?.refreshToken === 'string' &&
    typeof session.user?.id === 'string' &&
    typeof session.user.email === 'string'
  );
}
