import { HttpErrorResponse } from '@angular/common/http';
import { DestroyRef, Injectable, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { firstValueFrom, fromEvent } from 'rxjs';
import { oneTabAtATime } from './one-tab-at-a-time';
import { SessionClient } from './session-client';

const KEY = 'mysms.ending';
const MOST = 10;
const RETRY_MS = 30_000;

/**
 * Sessions that are signed out here already, until the API knows of it too: it may be out of reach
 * for long, and the page closed meanwhile.
 */
@Injectable({ providedIn: 'root' })
export class EndingSessions {
  readonly #client = inject(SessionClient);
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      clearTimeout(this.#retry);
    });
    fromEvent(window, 'online')
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        this.end();
      });
  }

  add(refreshToken: string): void {
    write([...read(), refreshToken].slice(-MOST));
  }

  /** Ends those that can be ended now, and tries the others again later. */
  end(): void {
    clearTimeout(this.#retry);
    if (read().length > 0) void oneTabAtATime(KEY, () => this.#endAll());
  }

  async #endAll(): Promise<void> {
    for (const token of read()) {
      if (await this.#isEnded(token)) write(read().filter((other) => other !== token));
    }
    if (read().length === 0) return;
    this.#retry = setTimeout(() => {
      this.end();
    }, RETRY_MS);
  }

  async #isEnded(refreshToken: string): Promise<boolean> {
    try {
      await firstValueFrom(this.#client.signOut(refreshToken));
      return true;
    } catch (error) {
      return error instanceof HttpErrorResponse && error.status === 401;
    }
  }
}

function read(): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(value) ? value.filter((token) => typeof token === 'string') : [];
  } catch {
    return [];
  }
}

function write(tokens: readonly string[]): void {
  if (tokens.length > 0) localStorage.setItem(KEY, JSON.stringify(tokens));
  else localStorage.removeItem(KEY);
}
