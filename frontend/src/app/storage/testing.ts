import { MockInstance, vi } from 'vitest';

/** From now on the browser has no room left; `mockRestore` makes some. */
export function fillStorage(): MockInstance {
  return vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('No room', 'QuotaExceededError');
  });
}
