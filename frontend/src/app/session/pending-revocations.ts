import { DestroyRef, Injectable, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { firstValueFrom, fromEvent } from 'rxjs';
import { RANDOM, callLater, restAfter } from '../api/backoff';
import { Problem, toProblem } from '../api/problem';
import { BrowserStorage } from '../storage/browser-storage';
import { oneTabAtATime } from './tab-lock';
import { SessionClient } from './session-client';

const KEY = 'mysms.ending';
const MOST = 10;

/**
 * Sessions that are signed out here already, until the API knows of it too: it may be out of reach
 * for long, and the page closed meanwhile.
 */
@Injectable({ providedIn: 'root' })
export class EndingSessions {
  readonly #client = inject(SessionClient);
  readonly #browser = inject(BrowserStorage);
  readonly #random = inject(RANDOM);
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
        this.end();
      });
  }

  add(refreshToken: string): void {
    this.#write([...this.#read(), refreshToken].slice(-MOST));
  }

  /** Ends those that can be ended now, and tries the others again later. */
  end(): void {
    if (this.#read().length > 0) void oneTabAtATime(KEY, () => this.#endAll());
  }

  async #endAll(): Promise<void> {
    // The retry that comes after it sees to all.
    if (performance.now() < this.#notBefore) return;
    this.#cancelRetry();
    let failed: Problem | undefined;
    for (const token of this.#read()) {
      const problem = await this.#end(token);
      if (problem === undefined) this.#write(this.#read().filter((other) => other !== token));
      else failed = problem;
      if (problem?.retryAfterSeconds) break;
    }
    this.#failures = failed === undefined ? 0 : this.#failures + 1;
    if (failed === undefined) return;
    this.#notBefore = performance.now() + 1000 * (failed.retryAfterSeconds ?? 0);
    this.#cancelRetry = callLater(restAfter(this.#failures, failed, this.#random), () => {
      this.#notBefore = 0;
      this.end();
    });
  }

  /** Answers what keeps it from being ended, if anything does. */
  async #end(refreshToken: string): Promise<Problem | undefined> {
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
