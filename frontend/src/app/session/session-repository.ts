import { Injectable, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { filter, map } from 'rxjs';
import { BrowserStorage } from '../storage/browser-storage';

export interface StoredSession {
  readonly refreshToken: string;
  readonly user: { readonly id: string; readonly email: string };
  /** When this browser signed in, in milliseconds since 1970. Earlier versions have not stored it. */
  readonly startedAt?: number;
  /** When its tokens were last renewed, likewise. */
  readonly renewedAt?: number;
  /** Why it ends, if this browser has asked for something that ends it, and has had no answer yet. */
  readonly endsHere?: SignOutReason | undefined;
}

export const SESSION_KEY = 'mysms.session';
/** Longer than a session, so that its successor, which may be longer, fits into storage that is full. */
const STORED_LENGTH = 768;
const SIGN_OUT_REASON = 'mysms.sign-out-reason';
const ERASED = 'mysms.erased';

/**
 * Why the user was signed out, unless they signed out here, and whether that erases what they have written in this browser
 * and not sent. It does wherever they wanted to be signed out of it; a session that expires by itself leaves everything, and
 * so does a new password that was chosen here.
 */
const ERASES = {
  'session-ended': false,
  'password-reset': false,
  'ended-elsewhere': true,
  'signed-out-everywhere': true,
  'account-deleted': true,
} as const;

export type SignOutReason = keyof typeof ERASES;

export function erasesTexts(signOutReason: SignOutReason): boolean {
  return ERASES[signOutReason];
}

/** The stored session, which survives a reload and is shared by all tabs. */
@Injectable({ providedIn: 'root' })
export class SessionRepository {
  readonly #browser = inject(BrowserStorage);

  /** Another tab has written or cleared the session. */
  readonly changes = this.#browser.changes.pipe(
    filter(({ key }) => key === SESSION_KEY || key === null),
  );

  /** Why another tab has cleared the session. */
  readonly signOutReasons = this.#browser.changes.pipe(
    filter(({ key }) => key === SIGN_OUT_REASON),
    map(({ newValue }) => newValue),
    filter(isSignOutReason),
  );

  constructor() {
    // Another tab cannot erase what this tab has in memory only.
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
    this.#browser.set(SESSION_KEY, serialize(session));
  }

  /**
   * Stores the successor of a refresh token. If another tab was quicker, its successor counts and this one is dropped. If
   * the storage is full it is dropped too: the predecessor stays stored, and valid as long as no successor is used.
   */
  replace(expected: StoredSession, successor: StoredSession): void {
    if (this.read()?.refreshToken !== expected.refreshToken) return;
    this.#browser.replace(SESSION_KEY, serialize(successor));
  }

  /** Changes members of the stored session, if there is one. */
  update(members: Partial<StoredSession>): void {
    const session = this.read();
    if (session) this.#browser.replace(SESSION_KEY, serialize({ ...session, ...members }));
  }

  clear(): void {
    this.#browser.remove(SESSION_KEY);
  }

  /** Notifies the other tabs. Stores nothing that outlives this call. */
  broadcast(signOutReason: SignOutReason): void {
    this.#broadcast(SIGN_OUT_REASON, signOutReason);
  }

  /** Erases everything this browser has stored for the user, in all tabs: entries named `mysms.<kind>.<user>.<name>`. */
  erase(userId: string): void {
    this.#erase(userId);
    this.#broadcast(ERASED, userId);
  }

  #erase(userId: string): void {
    for (const key of this.#browser.keys()) {
      const [product, , owner] = key.split('.');
      if (product === 'mysms' && owner === userId) this.#browser.remove(key);
    }
  }

  #broadcast(key: string, value: string): void {
    this.#browser.set(key, value);
    this.#browser.remove(key);
  }
}

function serialize(session: StoredSession): string {
  return JSON.stringify(session).padEnd(STORED_LENGTH);
}

function isSignOutReason(value: string | null): value is SignOutReason {
  return Object.hasOwn(ERASES, value ?? '');
}

function isStoredSession(value: unknown): value is StoredSession {
  const session = value as Partial<StoredSession> | null;
  return (
    typeof session?.refreshToken === 'string' &&
    typeof session.user?.id === 'string' &&
    typeof session.user.email === 'string'
  );
}
