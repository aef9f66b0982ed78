import { Signal } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { fromEvent, map } from 'rxjs';

/** A phone's width, as the stylesheets have it. */
export const NARROW = '(max-width: 45rem)';

/** Whether the media query holds, now and later. Must be called in an injection context. */
export function mediaMatches(query: string): Signal<boolean> {
  const media = matchMedia(query);
  return toSignal(fromEvent(media, 'change').pipe(map(() => media.matches)), {
    initialValue: media.matches,
  });
}
