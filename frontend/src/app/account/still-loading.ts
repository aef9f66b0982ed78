import { Signal, computed, inject } from '@angular/core';
import { SessionStore } from '../session/session-store';

interface Loading {
  /** Whether that which is undefined until it is loaded is on its way. It is not while there is a problem. */
  readonly isLoading: Signal<boolean>;
  /** Whether it cannot be loaded before the session is renewed. Why that fails, the connection notice says. */
  readonly waitsForSession: Signal<boolean>;
}

/** In an injection context. */
export function stillLoading(loaded: Signal<unknown>, problem: Signal<string>): Loading {
  const { status } = inject(SessionStore);
  const isMissing = computed(() => loaded() === undefined && !problem());
  return {
    isLoading: computed(() => isMissing() && status() !== 'unavailable'),
    waitsForSession: computed(() => isMissing() && status() === 'unavailable'),
  };
}
