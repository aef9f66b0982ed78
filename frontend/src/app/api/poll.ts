import { Injectable, inject } from '@angular/core';
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
  takeLast,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { RANDOM, retryAfterDelay, backoff } from './backoff';
import { IS_REACHABLE } from './loopback';
import { PageActivity } from './page-activity';
import { isTransient, toProblem } from './problem';

export const POLL_INTERVAL_MS = 10_000;
/** While the page is hidden and not in use. Browsers run the timers of hidden pages only about once a minute anyway. */
export const HIDDEN_POLL_INTERVAL_MS = 60_000;
/** Even if the page or the network comes back more often. */
export const SHORTEST_RETRY_MS = 1_000;
/** After so many failures in a row, what is asked rarely is not retried more often than it is asked while it works. */
const QUICK_RETRIES = 3;
/** From the end of one run to the next, however many triggers there are. */
export const SHORTEST_PAUSE_MS = 300;

/**
 * Decides when to call the API and when to retry. A failed call is retried after a backoff with jitter, and no sooner
 * than its Retry-After says. While the page is not in use or the API needs a network that is gone, it is not retried; once the
 * page is in use or the network back, it is retried at once.
 */
@Injectable({ providedIn: 'root' })
export class Poll {
  readonly #activity = inject(PageActivity);
  readonly #random = inject(RANDOM);
  readonly #isReachable = inject(IS_REACHABLE);
  readonly #wakeUps = new Subject<void>();
  /** Wakes only what has failed: two that fail in turn would run each other without a pause. */
  readonly #recoveries = new Subject<void>();

  /** Runs every poll and every pending retry at once, or again if it is running; but not while the page is not in use. */
  now(): void {
    this.#wakeUps.next();
  }

  /**
   * Runs the work now and again ten seconds (or `intervalMs`) after each end, or a minute while the page is not in use; never
   * twice at once. It also runs after each trigger, and again if it was running; but triggers do not shorten a backoff, and a
   * page that is not in use ignores them.
   */
  every(
    work: () => Observable<unknown>,
    triggers: Observable<unknown> = EMPTY,
    intervalMs = POLL_INTERVAL_MS,
  ): Observable<unknown> {
    return this.#attempts(work, () => true, triggers, intervalMs);
  }

  /** Retries the work until it succeeds, and emits its value; a permanent error ends it. */
  untilDone<T>(work: () => Observable<T>): Observable<T> {
    return this.#attempts(work, (error) => isTransient(toProblem(error))).pipe(take(1));
  }

  #attempts<T>(
    work: () => Observable<T>,
    isRetried: (error: unknown) => boolean,
    triggers: Observable<unknown> = EMPTY,
    intervalMs = POLL_INTERVAL_MS,
  ): Observable<T> {
    return defer(() => {
      const ended = new Subject<void>();
      let failures = 0;
      let notBefore = 0;
      let endedAt = -Infinity;
      let isRunning = false;
      let runsAgain = false;
      let isWoken = false;

      const fail = (error: unknown): Observable<never> => {
        if (!isRetried(error)) return throwError(() => error);
        failures += 1;
        // Kept apart from the backoff, which a wake-up ends early: it does not end what the response asks for.
        const asked = retryAfterDelay(toProblem(error), this.#random);
        notBefore = performance.now() + Math.max(asked, SHORTEST_RETRY_MS);
        return EMPTY;
      };
      const interval = (): number => {
        if (failures > 0) {
          // In the middle of the run, the network came back, for instance.
          if (isWoken) return 0;
          const isRare = failures > QUICK_RETRIES && intervalMs > POLL_INTERVAL_MS;
          const rarely = isRare ? intervalMs * (1 + this.#random() / 4) : 0;
          return Math.max(backoff(failures, this.#random), rarely);
        }
        return runsAgain ? SHORTEST_PAUSE_MS : intervalMs;
      };
      const due = triggers.pipe(
        tap(() => {
          runsAgain = isRunning;
        }),
        filter(() => !isRunning && failures === 0 && this.#activity.isActive()),
        map(() => Math.max(0, endedAt + SHORTEST_PAUSE_MS - performance.now())),
      );
      const wait = (pauseMs: number): Observable<unknown> => {
        const idleMs = HIDDEN_POLL_INTERVAL_MS * (1 + this.#random() / 4);
        const hiddenMs = this.#activity.isActive() ? 0 : idleMs;
        return timer(Math.max(pauseMs, hiddenMs, notBefore - performance.now())).pipe(
          // A wake-up follows when the page is in use and online again.
          filter(() => failures === 0 || (this.#activity.isActive() && this.#isReachable())),
        );
      };

      const wakeUps = merge(
        this.#activity.changes,
        fromEvent(window, 'online'),
        // It would begin the long pause of a page that is not in use anew.
        this.#wakeUps.pipe(filter(() => this.#activity.isActive())),
        this.#recoveries.pipe(filter(() => failures > 0)),
      ).pipe(
        tap(() => {
          runsAgain = isRunning;
          isWoken = isRunning;
        }),
        startWith(null),
      );
      return merge(wakeUps.pipe(map(() => 0)), ended.pipe(map(interval)), due).pipe(
        switchMap(wait),
        exhaustMap(() =>
          defer(() => {
            isRunning = true;
            runsAgain = false;
            isWoken = false;
            return work();
          }).pipe(
            tap({
              complete: () => {
                const hasFailed = failures > 0;
                failures = 0;
                // The API answers again: what else has failed is retried now.
                if (hasFailed) this.#recoveries.next();
              },
            }),
            // Whoever has the value may unsubscribe, after which nothing would be known to be complete.
            takeLast(1),
            catchError(fail),
            finalize(() => {
              isRunning = false;
              endedAt = performance.now();
              ended.next();
            }),
          ),
        ),
      );
    });
  }
}
