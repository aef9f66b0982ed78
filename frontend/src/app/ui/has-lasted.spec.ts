import { Signal, signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { SHOWN_AFTER_MS, hasLasted } from './has-lasted';

describe('hasLasted', () => {
  const condition = signal(false);
  let visibility: DocumentVisibilityState;
  let lasted: Signal<boolean>;

  beforeEach(() => {
    vi.useFakeTimers();
    visibility = 'visible';
    vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
    condition.set(false);
    lasted = TestBed.runInInjectionContext(() => hasLasted(condition));
    TestBed.tick();
  });

  afterEach(() => {
    TestBed.resetTestingModule();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('is so only once the condition has held for a moment, and no longer than it does', () => {
    set(true);
    vi.advanceTimersByTime(SHOWN_AFTER_MS - 1);
    expect(lasted()).toBe(false);
    set(false);
    set(true);
    vi.advanceTimersByTime(SHOWN_AFTER_MS - 1);
    expect(lasted()).toBe(false);
    vi.advanceTimersByTime(1);
    expect(lasted()).toBe(true);
    condition.set(false);
    expect(lasted()).toBe(false);
  });

  it('does not count the time in which the page was hidden', () => {
    set(true);
    vi.advanceTimersByTime(SHOWN_AFTER_MS);
    show('hidden');
    vi.advanceTimersByTime(SHOWN_AFTER_MS);
    // The first picture after the return may be the last one before it.
    expect(lasted()).toBe(false);
    show('visible');
    expect(lasted()).toBe(false);
    vi.advanceTimersByTime(SHOWN_AFTER_MS);
    expect(lasted()).toBe(true);
  });

  function set(value: boolean): void {
    condition.set(value);
    TestBed.tick();
  }

  function show(state: DocumentVisibilityState): void {
    visibility = state;
    document.dispatchEvent(new Event('visibilitychange'));
  }
});
