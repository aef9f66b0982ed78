import { Injectable } from '@angular/core';
import { filter, fromEvent, map } from 'rxjs';

export interface StoredSession {
  readonly refreshToken: string;
  readonly user: { readonly id: string; readonly email: string };
}

const KEY = 'mysms.session';
const FAREWELL = 'mysms.farewell';

/** Why nobody is signed in any more, where this is not plain to see. */
export type Farewell = 'session-ended' | 'signed-out-everywhere' | 'account-deleted';

/** What outlives a reload, shared by all tabs. */
@Injectable({ providedIn: 'root' })
export class SessionStorage {
  /** Another tab has written or cleared. */
  readonly changes = fromEvent<StorageEvent>(window, 'storage').pipe(
    filter(({ key }) => key === KEY || key === null),
  );

  /** Why another tab has cleared it. */
  readonly farewells = fromEvent<StorageEvent>(window, 'storage').pipe(
    filter(({ key }) => key === FAREWELL),
    map(({ newValue }) => newValue),
    filter(isFarewell),
  );

  read(): StoredSession | undefined {
    try {
      const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
      return isStoredSession(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  write(session: StoredSession): void {
    localStorage.setItem(KEY, JSON.stringify(session));
  }

  /** Another tab may have been quicker; then its successor counts, and ours is dropped. */
  replace(expected: StoredSession, successor: StoredSession): void {
    if (this.read()?.refreshToken === expected.refreshToken) this.write(successor);
  }

  clear(): void {
    localStorage.removeItem(KEY);
  }

  /** Tells the other tabs, and leaves nothing behind. */
  tell(farewell: Farewell): void {
    localStorage.setItem(FAREWELL, farewell);
    localStorage.removeItem(FAREWELL);
  }

  /** Erases whatever this browser keeps for the user: entries named `mysms.<kind>.<user>.<name>`. */
  erase(userId: string): void {
    for (const key of Object.keys(localStorage)) {
      const [product, , owner] = key.split('.');
      if (product === 'mysms' && owner === userId) localStorage.removeItem(key);
    }
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
