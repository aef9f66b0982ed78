import { DestroyRef, Injectable, inject, signal } from '@angular/core';

export interface Liveness {
  readonly state: 'resting' | 'connecting' | 'up-to-date' | 'offline';
  /** When the screen was last known to be right. */
  readonly asOf: Date | undefined;
}

/** Whether what is on the screen is current: told by whoever loads it, shown in the frame. */
@Injectable({ providedIn: 'root' })
export class LivenessStore {
  readonly #liveness = signal<Liveness>({ state: 'resting', asOf: undefined });
  readonly #online = signal(navigator.onLine);

  readonly liveness = this.#liveness.asReadonly();
  /** Whether this browser has a network at all. */
  readonly online = this.#online.asReadonly();

  constructor() {
    const listening = new AbortController();
    for (const change of ['online', 'offline']) {
      const look = (): void => {
        this.#online.set(navigator.onLine);
      };
      window.addEventListener(change, look, { signal: listening.signal });
    }
    inject(DestroyRef).onDestroy(() => {
      listening.abort();
    });
  }

  upToDate(): void {
    this.#liveness.set({ state: 'up-to-date', asOf: new Date() });
  }

  offline(): void {
    this.#liveness.update(({ asOf }) => ({ state: 'offline', asOf }));
  }

  /** Nothing is watched at the moment. */
  rest(): void {
    this.#liveness.set({ state: 'resting', asOf: undefined });
  }

  connecting(): void {
    this.#liveness.set({ state: 'connecting', asOf: undefined });
  }
}
