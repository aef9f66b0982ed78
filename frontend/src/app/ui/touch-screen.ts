import { Signal } from '@angular/core';
import { mediaMatches } from './media-query';

/** The main input is a finger, so typing opens a keyboard on the screen. */
export const TOUCH_SCREEN = '(pointer: coarse) and (hover: none)';

/**
 * Whether the keyboard is on the screen, as on a phone. Changes when devices are plugged in. Must be called in an
 * injection context.
 */
export function touchScreen(): Signal<boolean> {
  return mediaMatches(TOUCH_SCREEN);
}
