import { registerWorker } from './register-worker';

const QUARTER_MS = 15 * 60 * 1000;

describe('registerWorker', () => {
  const check = vi.fn();

  /** A page that the worker controls, or that was reloaded past it. */
  function stub(isControlled: boolean): void {
    const active = { postMessage: check };
    const register = () => Promise.resolve({ active });
    const value = Object.assign(new EventTarget(), {
      controller: isControlled ? active : null,
      register,
    });
    Object.defineProperty(navigator, 'serviceWorker', { value, configurable: true });
  }

  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible');
    check.mockClear();
  });

  afterEach(() => {
    Reflect.deleteProperty(navigator, 'serviceWorker');
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it.each([true, false])('asks for another version now and then (controlled: %s)', async (is) => {
    stub(is);
    void registerWorker();
    await vi.advanceTimersByTimeAsync(QUARTER_MS - 1);
    expect(check).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2 * QUARTER_MS);
    expect(check).toHaveBeenCalledWith({ action: 'CHECK_FOR_UPDATES', nonce: 0 });
  });
});
