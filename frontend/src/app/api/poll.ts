import { DOCUMENT, Injectable, inject } from '@angular/core';
import {
  NEVER,
  Observable,
  distinctUntilChanged,
  exhaustMap,
  fromEvent,
  map,
  merge,
  startWith,
  switchMap,
  timer,
} from 'rxjs';

export const POLL_INTERVAL_MS = 10_000;

@Injectable({ providedIn: 'root' })
export class Poll {
  readonly #document = inject(DOCUMENT);

  /**
   * Does the work now and every ten seconds, never twice at once. It rests while the page is
   * hidden and looks again at once when the page is back, or the network is.
   */
  every<T>(work: () => Observable<T>): Observable<T> {
    const visible = fromEvent(this.#document, 'visibilitychange').pipe(
      startWith(null),
      map(() => this.#document.visibilityState === 'visible'),
      distinctUntilChanged(),
    );
    const online = fromEvent(window, 'online').pipe(map(() => !this.#document.hidden));
    return merge(visible, online).pipe(
      switchMap((awake) => (awake ? timer(0, POLL_INTERVAL_MS) : NEVER)),
      exhaustMap(work),
    );
  }
}
