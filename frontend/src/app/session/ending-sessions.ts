import { HttpErrorResponse } from '@angular/common/http';
import { DestroyRef, Injectable, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { firstValueFrom, fromEvent } from 'rxjs';
import { RANDOM, backoff, callLater } from '../api/backoff';
import { BrowserStorage } from '../storage/browser-storage';
import { oneTabAtATime } from './one-tab-at-a-time';
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
    this.#cancelRetry();
    if (this.#read().length > 0) void oneTabAtATime(KEY, () => this.#endAll());
  }

  async #endAll(): Promise<void> {
    for (const token of this.#read()) {
      if (await this.#isEnded(token)) this.#write(this.#read().filter((other) => other !== token));
    }
    this.#failures = this.#read().length === 0 ? 0 : this.#failures + 1;
    if (this.#failures === 0) return;
    this.#cancelRetry = callLater(backoff(this.#failures, this.#random), () => {
      this.end();
    });
  }

  async #isEnded(refreshToken: string): Promise<boolean> {
    try {
      await firstValueFrom(this.#client.signOut(refreshToken));
      return true;
    } catch (error) {
      return error instanceof HttpErrorResponse && error.status === 401;
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
