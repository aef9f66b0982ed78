import { DOCUMENT, InjectionToken, inject } from '@angular/core';
import { API_BASE_URL } from './base-url';

/** Whether the API is on this computer: then it can be reached without a network. */
export function isLoopback(base: string, page: string): boolean {
  const { hostname } = new URL(`${base}/`, page);
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Whether the API may be reachable: not while the browser is offline, unless the API is on this computer. */
export const IS_REACHABLE = new InjectionToken<() => boolean>('is reachable', {
  factory: () => {
    const needsNetwork = !isLoopback(inject(API_BASE_URL), inject(DOCUMENT).location.href);
    return () => !needsNetwork || navigator.onLine;
  },
});
