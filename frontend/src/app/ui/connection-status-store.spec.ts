import { TestBed } from '@angular/core/testing';
import { ConnectionStatusStore } from './connection-status-store';

const FRESH_MS = 15_000;

describe('ConnectionStatusStore', () => {
  let store: ConnectionStatusStore;
  const state = () => store.status().state;

  beforeEach(() => {
    vi.useFakeTimers();
    store = TestBed.inject(ConnectionStatusStore);
  });

  afterEach(() => {
    TestBed.resetTestingModule();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('is up to date until the next poll is overdue', () => {
    expect(state()).toBe('connecting');
    store.succeeded(FRESH_MS);
    vi.advanceTimersByTime(FRESH_MS - 1);
    expect(state()).toBe('up-to-date');
    vi.advanceTimersByTime(1);
    expect(state()).toBe('reconnecting');
    store.succeeded(FRESH_MS);
    expect(state()).toBe('up-to-date');
  });

  it('is not up to date after the computer was asleep, when no timer ran', () => {
    store.succeeded(FRESH_MS);
    vi.setSystemTime(Date.now() + 3600_000);
    document.dispatchEvent(new Event('visibilitychange'));
    expect(state()).toBe('reconnecting');
  });

  it('has the time of the last success and the reason of the failure', () => {
    store.succeeded(FRESH_MS);
    const { lastUpdated } = store.status();
    store.failed('It is being repaired.');
    expect(store.status()).toEqual({
      state: 'failing',
      lastUpdated,
      reason: 'It is being repaired.',
    });
    expect(store.isDisconnected()).toBe(true);
    store.reset();
    expect(store.status()).toEqual({ state: 'connecting', lastUpdated: undefined, reason: '' });
  });

  it('is offline once the network is gone, until a poll succeeds', () => {
    store.succeeded(FRESH_MS);
    setOnline(false);
    expect(state()).toBe('offline');
    store.failed();
    expect(state()).toBe('offline');
    setOnline(true);
    expect(state()).toBe('failing');
    store.succeeded(FRESH_MS);
    expect(state()).toBe('up-to-date');
  });

  it('trusts a success more than the browser: a server on this computer needs no network', () => {
    setOnline(false);
    store.succeeded(FRESH_MS);
    expect(state()).toBe('up-to-date');
    store.failed();
    expect(state()).toBe('offline');
  });
});

function setOnline(isOnline: boolean): void {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(isOnline);
  window.dispatchEvent(new Event(isOnline ? 'online' : 'offline'));
}
