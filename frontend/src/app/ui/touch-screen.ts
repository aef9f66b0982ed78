import { Signal } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { fromEvent, map } from 'rxjs';

/** The main input is a finger, so typing opens a keyboard on the screen. */
export const TOUCH_SCREEN = '(pointer: coarse) and (hover: none)';

/**
 * Whether the keyboard is on the screen, as on a phone. Changes when devices are plugged in. Must be called in an
 * injection context.
 */
export function touchScreen(): Signal<boolean> {
  const media = matchMedia(TOUCH_SCREEN);
  return toSignal(fromEvent(media, 'change').pipe(map(() => media.matches)), {
    initialValue: media.matches,
  });
}
