import { ApplicationRef, Injectable, inject, isDevMode, signal } from '@angular/core';

/**
 * Registers the service worker, with which the app starts offline and keeps working after a deployment, and knows when it
 * has another version ready. Where there are no service workers, as over plain http on a LAN, nothing happens.
 */
@Injectable({ providedIn: 'root' })
export class AppUpdate {
  readonly #app = inject(ApplicationRef);
  readonly #isReady = signal(false);
  #isStarted = false;

  /** Whether the next page load brings another version. */
  readonly isReady = this.#isReady.asReadonly();

  /** Once the page is complete, so that the worker's downloads do not slow it down. */
  async start(): Promise<void> {
    if (this.#isStarted || isDevMode() || !('serviceWorker' in navigator)) return;
    this.#isStarted = true;
    await this.#app.whenStable();
    try {
      const { registerWorker } = await import('./register-worker');
      await registerWorker(() => {
        this.#isReady.set(true);
      });
    } catch {
      // The app works without a worker: storage is blocked, or the script could not be loaded this time.
    }
  }

  /** Until there is one more version. */
  dismiss(): void {
    this.#isReady.set(false);
  }
}
