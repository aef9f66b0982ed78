import { Injectable } from '@angular/core';
import { filter, fromEvent } from 'rxjs';

export interface StoredSession {
  readonly refreshToken: string;
  readonly user: { readonly id: string; readonly email: string };
}

const KEY = 'mysms.session';

/** What outlives a reload, shared by all tabs. */
@Injectable({ providedIn: 'root' })
export class SessionStorage {
  /** Another tab has written or cleared. */
  readonly changes = fromEvent<StorageEvent>(window, 'storage').pipe(
    filter(({ key }) => key === KEY || key === null),
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
}

function isStoredSession(value: unknown): value is StoredSession {
  const session = value as Partial<StoredSession> | null;
  return (
    typeof session?.refreshToken === 'string' &&
    typeof session.user?.id === 'string' &&
    typeof session.user.email === 'string'
  );
}
