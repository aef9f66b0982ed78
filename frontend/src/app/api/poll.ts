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
import { RANDOM, askedRest, backoff } from './backoff';
import { isPassing, toProblem } from './problem';

export const POLL_INTERVAL_MS = 10_000;
/** While the page is hidden. Browsers wake hidden pages about once a minute anyway. */
export const HIDDEN_POLL_INTERVAL_MS = 60_000;
/** However often the page comes back, or the network. */
export const SHORTEST_RETRY_MS = 1_000;

/**
 * When to ask the API, and when to ask again. What fails is tried again after a backoff with jitter, and not before the
 * time that a Retry-After names; while the page is hidden or the browser offline it is not tried again at all. When the
 * page comes back, or the network does, it is tried at once.
 */
@Injectable({ providedIn: 'root' })
export class Poll {
  readonly #document = inject(DOCUMENT);
  readonly #random = inject(RANDOM);
  readonly #prompts = new Subject<void>();

  /** Whoever polls or waits for a retry looks again at once. */
  now(): void {
    this.#prompts.next();
  }

  /** Does the work now and ten seconds after its end, or a minute while the page is hidden; never twice at once. */
  every(work: () => Observable<unknown>): Observable<unknown> {
    return this.#attempts(work);
  }

  /** Does the work until it has succeeded once, and answers its value; or fails for good, with an error that lasts. */
  untilDone<T>(work: () => Observable<T>): Observable<T> {
    return this.#attempts(work, (error) => isPassing(toProblem(error))).pipe(take(1));
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
        // Apart from the backoff: whoever wakes it ends that, and not what the answer asks for.
        const asked = askedRest(toProblem(error), this.#random);
        notBefore = performance.now() + Math.max(asked, SHORTEST_RETRY_MS);
        return EMPTY;
      };
      const rest = (): number =>
        failures === 0 ? POLL_INTERVAL_MS : backoff(failures, this.#random);
      const wait = (pauseMs: number): Observable<unknown> => {
        const hiddenMs = this.#isHidden() ? HIDDEN_POLL_INTERVAL_MS * (1 + this.#random() / 4) : 0;
        return timer(Math.max(pauseMs, hiddenMs, notBefore - performance.now())).pipe(
          // Whoever wakes it will come when this is over.
          filter(() => failures === 0 || (!this.#isHidden() && navigator.onLine)),
        );
      };

      const wakes = merge(
        fromEvent(this.#document, 'visibilitychange'),
        fromEvent(window, 'online'),
        this.#prompts,
      ).pipe(startWith(null));
      return merge(wakes.pipe(map(() => 0)), ended.pipe(map(rest))).pipe(
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
