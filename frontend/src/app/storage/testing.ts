import { MockInstance, vi } from 'vitest';

/** Makes the storage full until `mockRestore`. */
export function fillStorage(): MockInstance {
  return vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('No room', 'QuotaExceededError');
  });
}
