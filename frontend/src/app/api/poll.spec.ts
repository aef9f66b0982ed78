import { TestBed } from '@angular/core/testing';
import { NEVER, Observable, Subscription, of, throwError } from 'rxjs';
import { LONGEST_POLL_INTERVAL_MS, POLL_INTERVAL_MS, Poll } from './poll';

describe('Poll', () => {
  const work = vi.fn((): Observable<unknown> => of(null));
  let polling: Subscription;

  beforeEach(() => {
    vi.useFakeTimers();
    work.mockReset().mockImplementation(() => of(null));
    polling = TestBed.inject(Poll).every(work).subscribe();
    vi.advanceTimersByTime(0);
  });

  afterEach(() => {
    polling.unsubscribe();
    show('visible');
    vi.useRealTimers();
  });

  it('works at once and then every ten seconds', () => {
    expect(work).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(2 * POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('rests while the page is hidden, and works at once when it is back', () => {
    show('hidden');
    vi.advanceTimersByTime(10 * POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(1);
    show('visible');
    vi.advanceTimersByTime(0);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('works at once when the network is back', () => {
    window.dispatchEvent(new Event('online'));
    vi.advanceTimersByTime(0);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('never works twice at once', () => {
    work.mockReturnValueOnce(NEVER);
    vi.advanceTimersByTime(POLL_INTERVAL_MS);
    vi.advanceTimersByTime(5 * POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('rests longer with each failure, up to a limit, and is itself again after a success', () => {
    work.mockImplementation(() => throwError(() => new Error('down')));
    const rests = [1, 2, 4, 8, 8].map((times) => times * POLL_INTERVAL_MS);
    expect(Math.max(...rests)).toBe(LONGEST_POLL_INTERVAL_MS);
    let calls = 1;
    for (const rest of rests) {
      vi.advanceTimersByTime(rest - 1);
      expect(work).toHaveBeenCalledTimes(calls);
      vi.advanceTimersByTime(1);
      calls += 1;
      expect(work).toHaveBeenCalledTimes(calls);
    }
    work.mockImplementation(() => of(null));
    vi.advanceTimersByTime(LONGEST_POLL_INTERVAL_MS + POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(calls + 2);
  });

  it('works at once when it is asked to', () => {
    TestBed.inject(Poll).now();
    vi.advanceTimersByTime(0);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('ends with whoever asked for it', () => {
    polling.unsubscribe();
    vi.advanceTimersByTime(2 * POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(1);
  });
});

function show(state: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(state === 'hidden');
  document.dispatchEvent(new Event('visibilitychange'));
}
