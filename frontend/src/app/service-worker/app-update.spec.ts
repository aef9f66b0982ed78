import { TestBed } from '@angular/core/testing';
import { AppUpdate } from './app-update';

describe('AppUpdate', () => {
  let container: EventTarget;
  let update: AppUpdate;

  /** A page that the worker controls, or that was reloaded past it. */
  function start(isControlled: boolean): void {
    container = Object.assign(new EventTarget(), {
      controller: isControlled ? {} : null,
      register: () => Promise.reject(new Error()),
    });
    Object.defineProperty(navigator, 'serviceWorker', { value: container, configurable: true });
    vi.stubGlobal('ngDevMode', false);
    update = TestBed.inject(AppUpdate);
    void update.start();
  }

  afterEach(() => {
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
});
