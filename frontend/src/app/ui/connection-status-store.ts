import { DOCUMENT, DestroyRef, Injectable, computed, inject, signal } from '@angular/core';

export type LivenessState =
  /** Nothing has been loaded yet. */
  | 'connecting'
  | 'up-to-date'
  /** The last look succeeded, but too long ago. */
  | 'reconnecting'
  /** The last look failed, or the network is gone since. */
  | 'offline'
  | 'failing';

export interface Liveness {
  readonly state: LivenessState;
  /** When the screen was last known to be right. */
  readonly asOf: Date | undefined;
  /** What the server answered to the last look, if it answered and that is why it failed. */
  readonly reason: string;
}

interface Look {
  readonly result: 'none' | 'succeeded' | 'failed';
  readonly asOf?: Date | undefined;
  /** Until when a success means that the screen is up to date. */
  readonly freshUntil?: number;
  readonly reason?: string;
}

/**
 * Whether what is on the screen is current: the only place that decides it, out of how the last look went, how long ago
 * that was, and what the browser knows of the network. Whoever loads tells it; whoever shows it asks here.
 */
@Injectable({ providedIn: 'root' })
export class LivenessStore {
  readonly #last = signal<Look>({ result: 'none' });
  /** The browser says so, and nothing has succeeded since. */
  readonly #lostNetwork = signal(!navigator.onLine);
  readonly #now = signal(Date.now());
  #aging: ReturnType<typeof setTimeout> | undefined;

  readonly liveness = computed<Liveness>(() => {
    const { asOf, reason = '' } = this.#last();
    return { state: this.#state(), asOf, reason };
  });
  /** Whether what is loaded may be out of date: it was not possible to look. */
  readonly isTroubled = computed(() => ['offline', 'failing'].includes(this.#state()));

  readonly #state = computed<LivenessState>(() => {
    const { result, freshUntil = 0 } = this.#last();
    if (this.#lostNetwork()) return 'offline';
    if (result === 'failed') return 'failing';
    if (result === 'none') return 'connecting';
    return this.#now() < freshUntil ? 'up-to-date' : 'reconnecting';
  });

  constructor() {
    const document = inject(DOCUMENT);
    const listening = new AbortController();
    const { signal } = listening;
    const look = (): void => {
      this.#lostNetwork.set(!navigator.onLine);
      this.#look();
    };
    for (const change of ['online', 'offline']) window.addEventListener(change, look, { signal });
    // A timer may be late after a sleep.
    document.addEventListener(
      'visibilitychange',
      () => {
        this.#look();
      },
      { signal },
    );
    inject(DestroyRef).onDestroy(() => {
      listening.abort();
      clearTimeout(this.#aging);
    });
  }

  /** A look has succeeded; the next one should have done so within this time. */
  succeeded(freshForMs: number): void {
    this.#lostNetwork.set(false);
    this.#last.set({ result: 'succeeded', asOf: new Date(), freshUntil: Date.now() + freshForMs });
    this.#look();
    clearTimeout(this.#aging);
    this.#aging = setTimeout(() => {
      this.#look();
    }, freshForMs);
  }

  /** A look has failed: with an answer that explains it, or without any. */
  failed(reason = ''): void {
    this.#lostNetwork.set(!navigator.onLine);
    this.#last.update(({ asOf }) => ({ result: 'failed', asOf, reason }));
  }

  /** Nobody has looked yet; what was known was about somebody else's screen. */
  reset(): void {
    this.#last.set({ result: 'none' });
  }

  #look(): void {
    this.#now.set(Date.now());
  }
}
