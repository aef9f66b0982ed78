import { DOCUMENT, Injectable, inject } from '@angular/core';
import {
  EMPTY,
  Observable,
  Subject,
  catchError,
  defer,
  exhaustMap,
  filter,
  finalize,
  fromEvent,
  map,
  merge,
  startWith,
  switchMap,
  take,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { RANDOM, retryAfterDelay, backoff } from './backoff';
import { isTransient, toProblem } from './problem';

export const POLL_INTERVAL_MS = 10_000;
/** While the page is hidden. Browsers run the timers of hidden pages only about once a minute anyway. */
export const HIDDEN_POLL_INTERVAL_MS = 60_000;
/** Even if the page or the network comes back more often. */
export const SHORTEST_RETRY_MS = 1_000;

/**
 * Decides when to call the API and when to retry. A failed call is retried after a backoff with jitter, and no sooner
 * than its Retry-After says. While the page is hidden or the browser offline it is not retried; once the page is visible
 * or the network back, it is retried at once.
 */
@Injectable({ providedIn: 'root' })
export class Poll {
  readonly #document = inject(DOCUMENT);
  readonly #random = inject(RANDOM);
  readonly #wakeUps = new Subject<void>();

  /** Runs every poll and every pending retry at once. */
  now(): void {
    this.#wakeUps.next();
  }

  /** Runs the work now and again ten seconds after each end, or a minute while the page is hidden; never twice at once. */
  every(work: () => Observable<unknown>): Observable<unknown> {
    return this.#attempts(work);
  }

  /** Retries the work until it succeeds, and emits its value; a permanent error ends it. */
  untilDone<T>(work: () => Observable<T>): Observable<T> {
    return this.#attempts(work, (error) => isTransient(toProblem(error))).pipe(take(1));
  }

  #attempts<T>(
    work: () => Observable<T>,
    isRetried: (error: unknown) => boolean = () => true,
  ): Observable<T> {
    return defer(() => {
      const ended = new Subject<void>();
      let failures = 0;
      let notBefore = 0;

      const fail = (error: unknown): Observable<never> => {
        if (!isRetried(error)) return throwError(() => error);
        failures += 1;
        // Kept apart from the backoff, which a wake-up ends early: it does not end what the response asks for.
        const asked = retryAfterDelay(toProblem(error), this.#random);
        notBefore = performance.now() + Math.max(asked, SHORTEST_RETRY_MS);
        return EMPTY;
      };
      const interval = (): number =>
        failures === 0 ? POLL_INTERVAL_MS : backoff(failures, this.#random);
      const wait = (pauseMs: number): Observable<unknown> => {
        const hiddenMs = this.#isHidden() ? HIDDEN_POLL_INTERVAL_MS * (1 + this.#random() / 4) : 0;
        return timer(Math.max(pauseMs, hiddenMs, notBefore - performance.now())).pipe(
          // A wake-up follows when the page is visible and online again.
          filter(() => failures === 0 || (!this.#isHidden() && navigator.onLine)),
        );
      };

      const wakeUps = merge(
        fromEvent(this.#document, 'visibilitychange'),
        fromEvent(window, 'online'),
        this.#wakeUps,
      ).pipe(startWith(null));
      return merge(wakeUps.pipe(map(() => 0)), ended.pipe(map(interval))).pipe(
        switchMap(wait),
        exhaustMap(() =>
          defer(work).pipe(
            tap({
              complete: () => {
                failures = 0;
              },
            }),
            catchError(fail),
            finalize(() => {
              ended.next();
            }),
          ),
        ),
      );
    });
  }

  #isHidden(): boolean {
    return this.#document.visibilityState !== 'visible';
  }
}
