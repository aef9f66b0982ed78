import { ApplicationRef, Injectable, inject, isDevMode, signal } from '@angular/core';
import { debounceTime, filter, firstValueFrom } from 'rxjs';

/** A page that loads is stable for a moment between two requests, of which the second needs the answer to the first. */
const COMPLETE_AFTER_MS = 1000;

interface WorkerMessage {
  readonly type?: string;
  readonly result?: boolean;
}

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
    // At once: the worker also checks while a page is loaded, and says only once what it has found.
    navigator.serviceWorker.addEventListener('message', this.#noteUpdate);
    await firstValueFrom(this.#app.isStable.pipe(debounceTime(COMPLETE_AFTER_MS), filter(Boolean)));
    try {
      const { registerWorker } = await import('./register-worker');
      await registerWorker();
    } catch {
      // The app works without a worker: storage is blocked, or the script could not be loaded this time.
    }
  }

  /** Until there is one more version. */
  dismiss(): void {
    this.#isReady.set(false);
  }

  /** Understands the messages of ngsw-worker.js that another version is ready, or that this one cannot go on. */
  readonly #noteUpdate = ({ data }: MessageEvent<WorkerMessage | null>): void => {
    // The worker announces a version to the pages that it controls. Any other page only gets the result of its own check,
    // and may have that version already: then the notice is a false alarm.
    const hasFound =
      !navigator.serviceWorker.controller &&
      data?.type === 'OPERATION_COMPLETED' &&
      data.result === true;
    if (hasFound || data?.type === 'VERSION_READY' || data?.type === 'UNRECOVERABLE_STATE') {
      this.#isReady.set(true);
    }
  };
}
