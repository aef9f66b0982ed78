import { Signal } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { fromEvent, map } from 'rxjs';

/**
 * Whether the keyboard is on the screen, as on a phone. Changes when devices are plugged in. Must be called in an
 * injection context.
 */
export function touchScreen(): Signal<boolean> {
  const media = matchMedia('(pointer: coarse) and (hover: none)');
  return toSignal(fromEvent(media, 'change').pipe(map(() => media.matches)), {
    initialValue: media.matches,
  });
}
