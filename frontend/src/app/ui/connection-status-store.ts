import { DOCUMENT, DestroyRef, Injectable, computed, inject, signal } from '@angular/core';

export type ConnectionState =
  /** No poll has finished yet. */
  | 'connecting'
  | 'up-to-date'
  /** The last poll succeeded, but too long ago. */
  | 'reconnecting'
  | 'offline'
  /** The last poll failed. */
  | 'failing';

export interface ConnectionStatus {
  readonly state: ConnectionState;
  /** When the page was last known to be up to date. */
  readonly lastUpdated: Date | undefined;
  /** Why the last poll failed, if the server has responded. */
  readonly reason: string;
}

interface PollResult {
  readonly result: 'idle' | 'succeeded' | 'failed';
  readonly lastUpdated?: Date | undefined;
  /** Until when a success means that the page is up to date, in milliseconds since the epoch. */
  readonly freshUntil?: number;
  readonly reason?: string;
}

/**
 * Whether the page is up to date. Decided here alone, from the result of the last poll, its age, and what the browser
 * says about the network.
 */
@Injectable({ providedIn: 'root' })
export class ConnectionStatusStore {
  readonly #last = signal<PollResult>({ result: 'idle' });
  /** The browser says so, and no poll has succeeded since. */
  readonly #isOffline = signal(!navigator.onLine);
  readonly #now = signal(Date.now());
  #staleTimer: ReturnType<typeof setTimeout> | undefined;

  readonly status = computed<ConnectionStatus>(() => {
    const { lastUpdated, reason = '' } = this.#last();
    return { state: this.#state(), lastUpdated, reason };
  });
  /** Whether what is loaded may be out of date because it cannot be updated. */
  readonly isDisconnected = computed(() => ['offline', 'failing'].includes(this.#state()));

  /** Whether what is loaded was up to date and may not be any more, which the next poll tells. */
  readonly isReconnecting = computed(() => this.#state() === 'reconnecting');

  readonly #state = computed<ConnectionState>(() => {
    const { result, freshUntil = 0 } = this.#last();
    if (this.#isOffline()) return 'offline';
    if (result === 'failed') return 'failing';
    if (result === 'idle') return 'connecting';
    return this.#now() < freshUntil ? 'up-to-date' : 'reconnecting';
  });

  constructor() {
    const document = inject(DOCUMENT);
    const listening = new AbortController();
    const { signal } = listening;
    const update = (): void => {
      this.#isOffline.set(!navigator.onLine);
      this.#updateNow();
    };
    for (const change of ['online', 'offline']) window.addEventListener(change, update, { signal });
    // Timers may be late after the computer was asleep.
    document.addEventListener(
      'visibilitychange',
      () => {
        this.#updateNow();
      },
      { signal },
    );
    inject(DestroyRef).onDestroy(() => {
      listening.abort();
      clearTimeout(this.#staleTimer);
    });
  }

  /** A poll has succeeded; the next one is expected to within this time. */
  succeeded(freshForMs: number): void {
    this.#isOffline.set(false);
    this.#last.set({
      result: 'succeeded',
      lastUpdated: new Date(),
      freshUntil: Date.now() + freshForMs,
    });
    this.#updateNow();
    clearTimeout(this.#staleTimer);
    this.#staleTimer = setTimeout(() => {
      this.#updateNow();
    }, freshForMs);
  }

  /** A poll has failed, with a reason if the server has responded. */
  failed(reason = ''): void {
    this.#isOffline.set(!navigator.onLine);
    this.#last.update(({ lastUpdated }) => ({ result: 'failed', lastUpdated, reason }));
  }

  /** Forgets what was known: it was about another user's page. */
  reset(): void {
    this.#last.set({ result: 'idle' });
  }

  #updateNow(): void {
    this.#now.set(Date.now());
  }
}
