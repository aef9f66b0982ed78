import { DOCUMENT, Signal, inject } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { fromEvent, map } from 'rxjs';

/** Whether the page is visible, and not in a tab behind others. Must be called in an injection context. */
export function documentIsVisible(): Signal<boolean> {
  const document = inject(DOCUMENT);
  const isVisible = (): boolean => document.visibilityState === 'visible';
  return toSignal(fromEvent(document, 'visibilitychange').pipe(map(isVisible)), {
    initialValue: isVisible(),
  });
}
