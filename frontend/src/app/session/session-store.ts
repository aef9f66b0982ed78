import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { firstValueFrom, fromEvent } from 'rxjs';
import { RANDOM, callWhenActive, retryDelay } from '../api/backoff';
import { IS_REACHABLE } from '../api/loopback';
import { PageActivity } from '../api/page-activity';
import {
  Credentials,
  NewUser,
  PasswordChange,
  PasswordReset,
  SignedInUser,
  Tokens,
} from '../api/models';
import { Problem, hasRefused, toProblem } from '../api/problem';
import { deleteCache } from '../storage/cache-database';
import { deleteSharedTexts } from '../storage/shared-texts';
import { PendingRevocations } from './pending-revocations';
import { withTabLock } from './tab-lock';
import { SessionClient } from './session-client';
import { reasonOfEnd } from './session-end';
import { SignOutReason, SessionRepository, StoredSession, erasesTexts } from './session-repository';

export type SessionStatus = 'loading' | 'signed-in' | 'signed-out' | 'unavailable';

interface Access {
  readonly token: string;
  readonly expiresAt: number;
}

const RENEW_BEFORE_EXPIRY_MS = 60_000;
const REFRESH_LOCK = 'mysms.refresh';

/**
 * The signed-in user. The access token is held in memory, the refresh token in the browser's storage, which all tabs
 * share. Only the response `session_ended` ends a session; after any other error it is kept and retried.
 */
@Injectable({ providedIn: 'root' })
export class SessionStore {
  readonly #client = inject(SessionClient);
  readonly #storage = inject(SessionRepository);
  readonly #revocations = inject(PendingRevocations);
  readonly #random = inject(RANDOM);
  readonly #activity = inject(PageActivity);
  readonly #isReachable = inject(IS_REACHABLE);

  readonly #user = signal<StoredSession['user'] | undefined>(undefined, {
    equal: (one, other) => one?.id === other?.id,
  });
  readonly #status = signal<SessionStatus>('loading');
  readonly #problem = signal<Problem | undefined>(undefined);
  readonly #signOutReason = signal<SignOutReason | undefined>(undefined);

  readonly user = this.#user.asReadonly();
  readonly status = this.#status.asReadonly();
  /** Why the session is unavailable. */
  readonly problem = this.#problem.asReadonly();
  readonly signOutReason = this.#signOutReason.asReadonly();
  readonly statusChanges = toObservable(this.#status);

  #access: Access | undefined;
  #refreshing: Promise<void> | undefined;
  #cancelRetry = (): void => undefined;
  #failures = 0;

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      this.#cancelRetry();
    });
    this.#storage.changes.pipe(takeUntilDestroyed()).subscribe(() => {
      this.#syncFromStorage();
    });
    this.#storage.signOutReasons.pipe(takeUntilDestroyed()).subscribe((signOutReason) => {
      this.#syncFromStorage();
      if (this.#user() === undefined) this.#signOutReason.set(signOutReason);
    });
    fromEvent(window, 'online')
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        if (this.#status() === 'unavailable') this.retry();
      });
  }

  start(): void {
    this.#syncFromStorage();
    this.#revocations.revokeAll();
  }

  async signUp(user: NewUser): Promise<void> {
    this.#establish(await firstValueFrom(this.#client.signUp(user)));
  }

  async signIn(credentials: Credentials): Promise<void> {
    this.#establish(await firstValueFrom(this.#client.signIn(credentials)));
  }

  /** Signs this browser out at once; the API ends the session as soon as it can be reached. */
  signOut(): void {
    const stored = this.#storage.read();
    if (stored?.user.id === this.#user()?.id) {
      if (stored) this.#revocations.add(stored.refreshToken);
      this.#storage.clear();
      if (stored) this.#eraseTexts(stored.user.id);
    }
    this.#syncFromStorage();
    this.#revocations.revokeAll();
  }

  /** An access token for the next request, renewed before it expires. Rejects if none can be had. */
  async accessToken(): Promise<string> {
    if (this.#access === undefined) {
      await this.refresh();
    } else if (this.#access.expiresAt - RENEW_BEFORE_EXPIRY_MS < Date.now()) {
      const isValid = this.#access.expiresAt > Date.now();
      await this.refresh().catch((error: unknown) => {
        if (!isValid) throw error;
      });
    }
    if (this.#access === undefined) throw new Error('No user is signed in');
    return this.#access.token;
  }

  /** Another access token, because the API has refused this one before its expiry. */
  async accessTokenInsteadOf(refused: string): Promise<string> {
    if (this.#access?.token === refused) this.#access = undefined;
    return this.accessToken();
  }

  /** Gets new tokens. Concurrent calls share one request. */
  refresh(): Promise<void> {
    this.#refreshing ??= withTabLock(REFRESH_LOCK, () => this.#exchange()).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Changes the password. The API ends all sessions, and returns the tokens of a new one for all tabs. */
  async changePassword(change: PasswordChange): Promise<void> {
    const token = await this.#tokenToEndWith();
    const user = this.#user();
    const startedAt = this.#storage.read()?.startedAt;
    await this.#endingSession('session-ended', async () => {
      const tokens = await firstValueFrom(this.#client.changePassword(change, token));
      this.#takeOver(tokens, user, startedAt);
    });
  }

  /**
   * Sets a new password by the token of a mail. The API ends all sessions of its account, and signs nobody in. This browser
   * cannot know whose it is, so it signs out whoever is signed in.
   */
  async resetPassword(reset: PasswordReset): Promise<void> {
    await this.#refreshing?.catch(() => undefined);
    await this.#endingSession('password-reset', async () => {
      await firstValueFrom(this.#client.resetPassword(reset));
      const stored = this.#storage.read();
      if (stored) this.#revocations.add(stored.refreshToken);
      this.#endSession('password-reset');
    });
    this.#revocations.revokeAll();
  }

  /** Ends all sessions of the user, this one too. */
  async signOutEverywhere(): Promise<void> {
    const token = await this.#tokenToEndWith();
    await this.#endingSession('signed-out-everywhere', async () => {
      await firstValueFrom(this.#client.endAllSessions(token));
      this.#endSession('signed-out-everywhere');
    });
  }

  /** Deletes the account, with all its sessions. */
  async deleteAccount(password: string): Promise<void> {
    const token = await this.#tokenToEndWith();
    await this.#endingSession('account-deleted', async () => {
      await firstValueFrom(this.#client.deleteAccount(password, token));
      this.#endSession('account-deleted');
    });
  }

  retry(): void {
    this.#cancelRetry();
    this.refresh().catch(() => undefined);
  }

  /** An access token for what ends the session: while that runs, no refresh can get one. */
  async #tokenToEndWith(): Promise<string> {
    await this.#refreshing?.catch(() => undefined);
    return this.accessToken();
  }

  /** Runs what ends the session at the API. No tab may refresh meanwhile, since the stored token may be worth nothing. */
  async #endingSession(endsHere: SignOutReason, work: () => Promise<void>): Promise<void> {
    const ending = withTabLock(REFRESH_LOCK, async () => {
      // Without a lock, another tab may refresh all the same, and a response may be lost: then this says why it has ended.
      this.#storage.update({ endsHere });
      try {
        await work();
      } catch (error) {
        if (hasRefused(toProblem(error))) this.#storage.update({ endsHere: undefined });
        throw error;
      }
    });
    this.#refreshing = ending
      .catch(() => undefined)
      .finally(() => {
        this.#refreshing = undefined;
      });
    await ending;
  }

  /** Signs this browser out because the API has ended the session. */
  #endSession(signOutReason: SignOutReason): void {
    const userId = this.#user()?.id;
    this.#storage.clear();
    if (userId !== undefined && erasesTexts(signOutReason)) this.#eraseTexts(userId);
    this.#setUser(undefined);
    this.#signOutReason.set(signOutReason);
    this.#storage.broadcast(signOutReason);
  }

  #eraseTexts(userId: string): void {
    this.#storage.erase(userId);
    void deleteSharedTexts('all');
  }

  async #exchange(): Promise<void> {
    const sent = this.#storage.read();
    this.#setUser(sent?.user);
    if (sent === undefined) return;
    let tokens: Tokens;
    try {
      tokens = await firstValueFrom(this.#client.refresh(sent.refreshToken));
    } catch (error) {
      await this.#handleRefreshError(error, sent);
      return;
    }
    this.#storage.replace(sent, {
      ...sent,
      refreshToken: tokens.refresh_token,
      renewedAt: Date.now(),
      endsHere: undefined,
    });
    if (this.#user()?.id === sent.user.id) this.#setTokens(tokens);
    else await this.#exchange();
  }

  async #handleRefreshError(error: unknown, sent: StoredSession): Promise<void> {
    const problem = toProblem(error);
    const stored = this.#storage.read();
    if (stored === undefined) {
      this.#setUser(undefined);
    } else if (problem.code !== 'session_ended') {
      this.#scheduleRetry(problem);
      throw error;
    } else if (stored.refreshToken !== sent.refreshToken) {
      await this.#exchange();
    } else {
      this.#endSession(reasonOfEnd(stored, problem, Date.now()));
    }
  }

  #establish(
    { _id, email, ...tokens }: Omit<SignedInUser, 'created_at'>,
    startedAt = Date.now(),
  ): void {
    this.#storage.write({
      refreshToken: tokens.refresh_token,
      user: { id: _id, email },
      startedAt,
      renewedAt: Date.now(),
    });
    this.#signOutReason.set(undefined);
    this.#user.set({ id: _id, email });
    this.#setTokens(tokens);
  }

  /** Continues with new tokens of the user, unless somebody has signed out or in meanwhile. */
  #takeOver(tokens: Tokens, user: StoredSession['user'] | undefined, startedAt?: number): void {
    // Without a lock, another tab may have found the old session ended before it could read the new token.
    const isReplaced = this.#user() === undefined && this.#signOutReason() === 'session-ended';
    if (user !== undefined && (isReplaced || this.#storage.read()?.user.id === user.id)) {
      this.#establish({ ...tokens, _id: user.id, email: user.email }, startedAt);
    } else {
      this.#revocations.add(tokens.refresh_token);
      this.#revocations.revokeAll();
    }
  }

  #setTokens({ access_token, expires_in }: Tokens): void {
    this.#cancelRetry();
    this.#failures = 0;
    this.#access = { token: access_token, expiresAt: Date.now() + expires_in * 1000 };
    this.#problem.set(undefined);
    this.#status.set('signed-in');
  }

  /** Takes over what another tab has stored: it may have signed in or out. */
  #syncFromStorage(): void {
    const before = this.#user()?.id;
    this.#setUser(this.#storage.read()?.user);
    const now = this.#user()?.id;
    if (now !== undefined && now !== before) this.retry();
  }

  #setUser(user: StoredSession['user'] | undefined): void {
    const known =
      user === undefined ? this.#status() === 'signed-out' : user.id === this.#user()?.id;
    if (known) return;
    // Also at a start without a session: what had to be deleted before may not have been.
    if (user === undefined || this.#user() !== undefined) {
      deleteCache();
      // Who is signed out may have just shared a text, and signs in for it.
      void deleteSharedTexts(user === undefined ? 'old' : 'all');
    }
    this.#cancelRetry();
    this.#access = undefined;
    this.#problem.set(undefined);
    this.#signOutReason.set(undefined);
    this.#user.set(user);
    this.#status.set(user === undefined ? 'signed-out' : 'loading');
  }

  #scheduleRetry(problem: Problem): void {
    this.#failures += 1;
    this.#cancelRetry();
    const delay = retryDelay(this.#failures, problem, this.#random);
    this.#cancelRetry = callWhenActive(delay, this.#activity, this.#isReachable, () => {
      this.retry();
    });
    if (this.#access !== undefined && this.#access.expiresAt > Date.now()) return;
    this.#problem.set(problem);
    this.#status.set('unavailable');
  }
}
