import { DestroyRef, Injectable, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { firstValueFrom, fromEvent } from 'rxjs';
import { RANDOM, callWhenActive, retryDelay } from '../api/backoff';
import { IS_REACHABLE } from '../api/loopback';
import { PageActivity } from '../api/page-activity';
import { Problem, toProblem } from '../api/problem';
import { BrowserStorage } from '../storage/browser-storage';
import { withTabLock } from './tab-lock';
import { SessionClient } from './session-client';

/** The name that earlier versions have stored them under. */
const KEY = 'mysms.ending';
const MAX_TOKENS = 10;

/**
 * Refresh tokens of sessions that are signed out in this browser, kept until the API has ended them: it may be
 * unreachable for long, and the page closed meanwhile.
 */
@Injectable({ providedIn: 'root' })
export class PendingRevocations {
  readonly #client = inject(SessionClient);
  readonly #browser = inject(BrowserStorage);
  readonly #random = inject(RANDOM);
  readonly #activity = inject(PageActivity);
  readonly #isReachable = inject(IS_REACHABLE);
  #cancelRetry = (): void => undefined;
  #failures = 0;
  #notBefore = 0;

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      this.#cancelRetry();
    });
    fromEvent(window, 'online')
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        this.revokeAll();
      });
  }

  add(refreshToken: string): void {
    this.#write([...this.#read(), refreshToken].slice(-MAX_TOKENS));
  }

  /** Ends the sessions at the API; those that cannot be ended now are retried later. */
  revokeAll(): void {
    if (this.#read().length > 0) void withTabLock(KEY, () => this.#revokeAll());
  }

  async #revokeAll(): Promise<void> {
    // The retry after that time covers all tokens.
    if (performance.now() < this.#notBefore) return;
    this.#cancelRetry();
    let failed: Problem | undefined;
    for (const token of this.#read()) {
      const problem = await this.#revoke(token);
      if (problem === undefined) this.#write(this.#read().filter((other) => other !== token));
      else failed = problem;
      if (problem?.retryAfterSeconds) break;
    }
    this.#failures = failed === undefined ? 0 : this.#failures + 1;
    if (failed === undefined) return;
    this.#notBefore = performance.now() + 1000 * (failed.retryAfterSeconds ?? 0);
    const delay = retryDelay(this.#failures, failed, this.#random);
    this.#cancelRetry = callWhenActive(delay, this.#activity, this.#isReachable, () => {
      this.#notBefore = 0;
      this.revokeAll();
    });
  }

  /** Returns the problem, if there is one. */
  async #revoke(refreshToken: string): Promise<Problem | undefined> {
    try {
      await firstValueFrom(this.#client.signOut(refreshToken));
      return undefined;
    } catch (error) {
      const problem = toProblem(error);
      return problem.status === 401 ? undefined : problem;
    }
  }

  #read(): string[] {
    try {
      const value: unknown = JSON.parse(this.#browser.get(KEY) ?? '[]');
      return Array.isArray(value) ? value.filter((token) => typeof token === 'string') : [];
    } catch {
      return [];
    }
  }

  #write(tokens: readonly string[]): void {
    if (tokens.length > 0) this.#browser.set(KEY, JSON.stringify(tokens));
    else this.#browser.remove(KEY);
  }
}
