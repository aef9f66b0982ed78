import { Signal, computed, inject } from '@angular/core';
import { SessionStore } from '../session/session-store';

/**
 * In an injection context: whether that which is undefined until it is loaded is on its way. It is not while there is a
 * problem; of one with the session itself, the connection indicator speaks.
 */
export function stillLoading(loaded: Signal<unknown>, problem: Signal<string>): Signal<boolean> {
  const { status } = inject(SessionStore);
  return computed(() => loaded() === undefined && !problem() && status() !== 'unavailable');
}
