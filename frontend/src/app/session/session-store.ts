import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { firstValueFrom, fromEvent } from 'rxjs';
import { RANDOM, callLater, restAfter } from '../api/backoff';
import { Credentials, NewUser, SignedInUser, Tokens } from '../api/models';
import { Problem, toProblem } from '../api/problem';
import { EndingSessions } from './pending-revocations';
import { oneTabAtATime } from './tab-lock';
import { SessionClient } from './session-client';
import { Farewell, SessionStorage, StoredSession } from './session-storage';

export type SessionStatus = 'loading' | 'signed-in' | 'signed-out' | 'unavailable';

interface Access {
  readonly token: string;
  readonly endsAt: number;
}

const RENEW_BEFORE_END_MS = 60_000;

/**
 * Who is signed in. The access token lives in memory, the refresh token in the browser's storage,
 * where all tabs share it. Only the answer `session_ended` ends a session; whatever else goes wrong
 * keeps it and is tried again.
 */
@Injectable({ providedIn: 'root' })
export class SessionStore {
  readonly #client = inject(SessionClient);
  readonly #storage = inject(SessionStorage);
  readonly #ending = inject(EndingSessions);
  readonly #random = inject(RANDOM);

  readonly #user = signal<StoredSession['user'] | undefined>(undefined, {
    equal: (one, other) => one?.id === other?.id,
  });
  readonly #status = signal<SessionStatus>('loading');
  readonly #problem = signal<Problem | undefined>(undefined);
  readonly #farewell = signal<Farewell | undefined>(undefined);

  readonly user = this.#user.asReadonly();
  readonly status = this.#status.asReadonly();
  /** Why the session is unavailable. */
  readonly problem = this.#problem.asReadonly();
  readonly farewell = this.#farewell.asReadonly();
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
      this.#follow();
    });
    this.#storage.farewells.pipe(takeUntilDestroyed()).subscribe((farewell) => {
      this.#follow();
      if (this.#user() === undefined) this.#farewell.set(farewell);
    });
    fromEvent(window, 'online')
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        if (this.#status() === 'unavailable') this.retry();
      });
  }

  start(): void {
    this.#follow();
    this.#ending.end();
  }

  async signUp(user: NewUser): Promise<void> {
    this.#adopt(await firstValueFrom(this.#client.signUp(user)));
  }

  async signIn(credentials: Credentials): Promise<void> {
    this.#adopt(await firstValueFrom(this.#client.signIn(credentials)));
  }

  /** Signs this browser out at once; the server is told as soon as it can be reached. */
  signOut(): void {
    const stored = this.#storage.read();
    if (stored?.user.id === this.#user()?.id) {
      if (stored) this.#ending.add(stored.refreshToken);
      this.#storage.clear();
      if (stored) this.#storage.erase(stored.user.id);
    }
    this.#follow();
    this.#ending.end();
  }

  /** The API has ended the session itself. */
  leave(farewell: Farewell): void {
    const userId = this.#user()?.id;
    this.#storage.clear();
    // Who has to sign in again finds what they were writing.
    if (userId !== undefined && farewell !== 'session-ended') this.#storage.erase(userId);
    this.#become(undefined);
    this.#farewell.set(farewell);
    this.#storage.tell(farewell);
  }

  /** An access token for the next request, renewed ahead of its end. */
  async accessToken(): Promise<string> {
    if (this.#access === undefined) {
      await this.refresh();
    } else if (this.#access.endsAt - RENEW_BEFORE_END_MS < Date.now()) {
      const stillGood = this.#access.endsAt > Date.now();
      await this.refresh().catch((error: unknown) => {
        if (!stillGood) throw error;
      });
    }
    if (this.#access === undefined) throw new Error('Nobody is signed in');
    return this.#access.token;
  }

  /** The API has refused this token, whatever its end: another one is needed. */
  async accessTokenInsteadOf(refused: string): Promise<string> {
    if (this.#access?.token === refused) this.#access = undefined;
    return this.accessToken();
  }

  /** Gets new tokens; callers at the same time share one request. */
  refresh(): Promise<void> {
    this.#refreshing ??= oneTabAtATime('mysms.refresh', () => this.#exchange()).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  retry(): void {
    this.#cancelRetry();
    this.refresh().catch(() => undefined);
  }

  async #exchange(): Promise<void> {
    const sent = this.#storage.read();
    this.#become(sent?.user);
    if (sent === undefined) return;
    let tokens: Tokens;
    try {
      tokens = await firstValueFrom(this.#client.refresh(sent.refreshToken));
    } catch (error) {
      await this.#cope(error, sent);
      return;
    }
    this.#storage.replace(sent, { ...sent, refreshToken: tokens.refresh_token });
    if (this.#user()?.id === sent.user.id) this.#accept(tokens);
    else await this.#exchange();
  }

  async #cope(error: unknown, sent: StoredSession): Promise<void> {
    const problem = toProblem(error);
    const stored = this.#storage.read();
    if (stored === undefined) {
      this.#become(undefined);
    } else if (problem.code !== 'session_ended') {
      this.#keepTrying(problem);
      throw error;
    } else if (stored.refreshToken !== sent.refreshToken) {
      await this.#exchange();
    } else {
      this.leave('session-ended');
    }
  }

  #adopt({ _id, email, ...tokens }: SignedInUser): void {
    this.#storage.write({ refreshToken: tokens.refresh_token, user: { id: _id, email } });
    this.#farewell.set(undefined);
    this.#user.set({ id: _id, email });
    this.#accept(tokens);
  }

  #accept({ access_token, expires_in }: Tokens): void {
    this.#cancelRetry();
    this.#failures = 0;
    this.#access = { token: access_token, endsAt: Date.now() + expires_in * 1000 };
    this.#problem.set(undefined);
    this.#status.set('signed-in');
  }

  /** Another tab may have signed in or out. */
  #follow(): void {
    const before = this.#user()?.id;
    this.#become(this.#storage.read()?.user);
    const now = this.#user()?.id;
    if (now !== undefined && now !== before) this.retry();
  }

  #become(user: StoredSession['user'] | undefined): void {
    const known =
      user === undefined ? this.#status() === 'signed-out' : user.id === this.#user()?.id;
    if (known) return;
    this.#cancelRetry();
    this.#access = undefined;
    this.#problem.set(undefined);
    this.#farewell.set(undefined);
    this.#user.set(user);
    this.#status.set(user === undefined ? 'signed-out' : 'loading');
  }

  #keepTrying(problem: Problem): void {
    this.#failures += 1;
    this.#cancelRetry();
    this.#cancelRetry = callLater(restAfter(this.#failures, problem, this.#random), () => {
      this.retry();
    });
    if (this.#access !== undefined && this.#access.endsAt > Date.now()) return;
    this.#problem.set(problem);
    this.#status.set('unavailable');
  }
}
