import { DOCUMENT, Signal, computed, inject } from '@angular/core';
import { toObservable, toSignal } from '@angular/core/rxjs-interop';
import { combineLatest, fromEvent, map, startWith, switchMap, timer } from 'rxjs';

/** What passes sooner would only flash. */
export const SHOWN_AFTER_MS = 400;

/** In an injection context: whether this is so, and has been for a moment while somebody could see the page. */
export function hasLasted(condition: Signal<boolean>): Signal<boolean> {
  const document = inject(DOCUMENT);
  const isVisible = fromEvent(document, 'visibilitychange').pipe(
    startWith(undefined),
    map(() => document.visibilityState === 'visible'),
  );
  const lasted = toSignal(
    combineLatest([toObservable(condition), isVisible]).pipe(
      switchMap((all) =>
        timer(SHOWN_AFTER_MS).pipe(
          map(() => all.every(Boolean)),
          startWith(false),
        ),
      ),
    ),
    { initialValue: false },
  );
  return computed(() => condition() && lasted());
}
