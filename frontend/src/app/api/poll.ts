import { DOCUMENT, Injectable, inject } from '@angular/core';
import {
  EMPTY,
  Observable,
  Subject,
  catchError,
  defer,
  exhaustMap,
  finalize,
  fromEvent,
  map,
  merge,
  startWith,
  switchMap,
  tap,
  timer,
} from 'rxjs';

export const POLL_INTERVAL_MS = 10_000;
export const LONGEST_POLL_INTERVAL_MS = 80_000;

@Injectable({ providedIn: 'root' })
export class Poll {
  readonly #document = inject(DOCUMENT);
  readonly #prompts = new Subject<void>();

  /** Whoever polls looks again at once. */
  now(): void {
    this.#prompts.next();
  }

  /**
   * Does the work now and ten seconds after its end, never twice at once. Work that fails is tried
   * again after a rest that doubles each time. It rests while the page is hidden and looks again at
   * once when the page is back, or the network is.
   */
  every(work: () => Observable<unknown>): Observable<unknown> {
    const page = this.#document;
    const ended = new Subject<void>();
    let failures = 0;
    const rest = (): number => Math.min(POLL_INTERVAL_MS * 2 ** failures, LONGEST_POLL_INTERVAL_MS);
    const visible = fromEvent(page, 'visibilitychange').pipe(startWith(null));
    const atOnce = merge(visible, fromEvent(window, 'online'), this.#prompts).pipe(map(() => 0));
    return merge(atOnce, ended.pipe(map(rest))).pipe(
      switchMap((pause) => (page.visibilityState === 'visible' ? timer(pause) : EMPTY)),
      exhaustMap(() =>
        defer(work).pipe(
          tap({
            complete: () => {
              failures = 0;
            },
          }),
          catchError(() => {
            failures += 1;
            return EMPTY;
          }),
          finalize(() => {
            ended.next();
          }),
        ),
      ),
    );
  }
}
