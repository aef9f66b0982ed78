import { registerWorker } from './register-worker';

const QUARTER_MS = 15 * 60 * 1000;

describe('registerWorker', () => {
  const check = vi.fn();
  const onUpdate = vi.fn();
  let container: EventTarget;

  /** A page that the worker controls, or that was reloaded past it. */
  function stub(isControlled: boolean): void {
    const active = { postMessage: check };
    const register = () => Promise.resolve({ active });
    container = Object.assign(new EventTarget(), {
      controller: isControlled ? active : null,
      register,
    });
    Object.defineProperty(navigator, 'serviceWorker', { value: container, configurable: true });
  }

  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible');
    check.mockClear();
    onUpdate.mockClear();
  });

  afterEach(() => {
    Reflect.deleteProperty(navigator, 'serviceWorker');
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it.each([true, false])('asks for another version now and then (controlled: %s)', async (is) => {
    stub(is);
    void registerWorker(onUpdate);
    await vi.advanceTimersByTimeAsync(QUARTER_MS - 1);
    expect(check).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2 * QUARTER_MS);
    expect(check).toHaveBeenCalledWith({ action: 'CHECK_FOR_UPDATES', nonce: 0 });
  });

  it.each([
    [{ type: 'VERSION_READY' }, 1],
    [{ type: 'OPERATION_COMPLETED', nonce: 0, result: true }, 1],
    [{ type: 'OPERATION_COMPLETED', nonce: 0, result: false }, 0],
    [null, 0],
  ])('knows from %j whether there is one', (data, times) => {
    stub(false);
    void registerWorker(onUpdate);
    container.dispatchEvent(new MessageEvent('message', { data }));
    expect(onUpdate).toHaveBeenCalledTimes(times);
  });
});
