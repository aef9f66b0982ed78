import { PendingTasks } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { AppUpdate } from './app-update';

describe('AppUpdate', () => {
  let container: EventTarget;
  let update: AppUpdate;

  const register = vi.fn(() => Promise.reject(new Error()));

  /** A page that the worker controls, or that was reloaded past it. */
  function start(isControlled: boolean): void {
    container = Object.assign(new EventTarget(), {
      controller: isControlled ? {} : null,
      register,
    });
    Object.defineProperty(navigator, 'serviceWorker', { value: container, configurable: true });
    vi.stubGlobal('ngDevMode', false);
    update = TestBed.inject(AppUpdate);
    void update.start();
  }

  beforeEach(() => {
    vi.useFakeTimers();
    register.mockClear();
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    Reflect.deleteProperty(navigator, 'serviceWorker');
  });

  it.each([
    [true, { type: 'VERSION_READY' }, true],
    [true, { type: 'UNRECOVERABLE_STATE' }, true],
    [true, { type: 'OPERATION_COMPLETED', nonce: 0, result: true }, false],
    [false, { type: 'OPERATION_COMPLETED', nonce: 0, result: true }, true],
    [false, { type: 'OPERATION_COMPLETED', nonce: 0, result: false }, false],
    [true, null, false],
  ])('knows at once (controlled: %s) from %j whether there is one', (isControlled, data, is) => {
    start(isControlled);
    container.dispatchEvent(new MessageEvent('message', { data }));
    expect(update.isReady()).toBe(is);
  });

  it('registers the worker when nothing has been loading for a second', async () => {
    const tasks = TestBed.inject(PendingTasks);
    const first = tasks.add();
    start(false);
    await vi.advanceTimersByTimeAsync(5000);
    first();
    await vi.advanceTimersByTimeAsync(500);
    const second = tasks.add();
    await vi.advanceTimersByTimeAsync(5000);
    expect(register).not.toHaveBeenCalled();

    second();
    await vi.advanceTimersByTimeAsync(999);
    expect(register).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await vi.waitFor(() => {
      expect(register).toHaveBeenCalledOnce();
    });
  });
});
