import { HttpErrorResponse, HttpHeaders } from '@angular/common/http';
import { TestBed } from '@angular/core/testing';
import { NEVER, Observable, Subject, Subscription, of, throwError } from 'rxjs';
import { RANDOM } from './backoff';
import { API_BASE_URL } from './base-url';
import { PageActivity } from './page-activity';
import {
  HIDDEN_POLL_INTERVAL_MS,
  POLL_INTERVAL_MS,
  Poll,
  SHORTEST_PAUSE_MS,
  SHORTEST_RETRY_MS,
} from './poll';

const DOWN = failure(503);
/** After each failure, at the most that chance makes of it. */
const BACKOFFS_MS = [2, 4, 8, 16, 32, 64, 80, 80].map((seconds) => seconds * 1000);

describe('Poll', () => {
  const work = vi.fn((): Observable<unknown> => of(null));
  const random = vi.fn(() => 1);
  let poll: Poll;
  let polling: Subscription;

  beforeEach(() => {
    vi.useFakeTimers();
    work.mockReset().mockImplementation(() => of(null));
    random.mockReset().mockReturnValue(1);
    const elsewhere = { provide: API_BASE_URL, useValue: 'https://sms.example.com' };
    TestBed.configureTestingModule({
      providers: [{ provide: RANDOM, useValue: random }, elsewhere],
    });
    poll = TestBed.inject(Poll);
    start();
  });

  afterEach(() => {
    polling.unsubscribe();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('runs at once and then every ten seconds', () => {
    expect(work).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(2 * POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('runs about once a minute while the page is hidden, and at once when it is visible', () => {
    show('hidden');
    vi.advanceTimersByTime(HIDDEN_POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(5 * HIDDEN_POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(5);
    show('visible');
    vi.advanceTimersByTime(0);
    expect(work).toHaveBeenCalledTimes(6);
  });

  it('runs in a hidden page however often it is woken there', () => {
    show('hidden');
    for (let minute = 0; minute < 20; minute += 1) {
      vi.advanceTimersByTime(HIDDEN_POLL_INTERVAL_MS / 2);
      poll.now();
      vi.advanceTimersByTime(HIDDEN_POLL_INTERVAL_MS / 2);
    }
    expect(work.mock.calls.length).toBeGreaterThan(10);
  });

  it('runs and retries in a hidden page that is still in use', () => {
    show('hidden');
    TestBed.inject(PageActivity).stayActive(true);
    vi.advanceTimersByTime(0);
    expect(work).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(3);
    restart(DOWN);
    vi.advanceTimersByTime(2_000);
    expect(work).toHaveBeenCalledTimes(2);
    TestBed.inject(PageActivity).stayActive(false);
    vi.advanceTimersByTime(3600_000);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('runs at once when the network is back', () => {
    window.dispatchEvent(new Event('online'));
    vi.advanceTimersByTime(0);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('never runs twice at once', () => {
    work.mockReturnValueOnce(NEVER);
    vi.advanceTimersByTime(POLL_INTERVAL_MS);
    vi.advanceTimersByTime(5 * POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('waits longer with each failure, up to a limit, and resets after a success', () => {
    restart(DOWN);
    let calls = 1;
    for (const rest of BACKOFFS_MS) {
      vi.advanceTimersByTime(rest - 1);
      expect(work).toHaveBeenCalledTimes(calls);
      vi.advanceTimersByTime(1);
      calls += 1;
      expect(work).toHaveBeenCalledTimes(calls);
    }
    work.mockImplementation(() => of(null));
    vi.advanceTimersByTime(80_000 + POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(calls + 2);
  });

  it('has a jitter of half of each delay', () => {
    random.mockReturnValue(0);
    restart(DOWN);
    vi.advanceTimersByTime(999);
    expect(work).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it.each(['120', new Date(Date.now() + 120_000).toUTCString()])(
    'waits as long as the answer asks for, whoever comes back meanwhile: Retry-After: %s',
    (retryAfter) => {
      random.mockReturnValue(0);
      restart(failure(429, retryAfter));
      show('visible');
      window.dispatchEvent(new Event('online'));
      poll.now();
      vi.advanceTimersByTime(118_000);
      expect(work).toHaveBeenCalledTimes(1);
      work.mockImplementation(() => of(null));
      vi.advanceTimersByTime(3_000);
      expect(work).toHaveBeenCalledTimes(2);
    },
  );

  it.each(['hidden', 'offline'])('does not retry while %s', (state) => {
    restart(DOWN);
    if (state === 'hidden') show('hidden');
    else setOnline(false);
    vi.advanceTimersByTime(3600_000);
    expect(work).toHaveBeenCalledTimes(1);
    if (state === 'hidden') show('visible');
    else setOnline(true);
    vi.advanceTimersByTime(0);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('retries what is asked rarely a few times, and then no more often than while it works', () => {
    random.mockReturnValue(0);
    polling.unsubscribe();
    work.mockReset().mockImplementation(() => DOWN);
    polling = poll.every(work, NEVER, 60_000).subscribe();
    const calls = (): number => work.mock.calls.length;
    vi.advanceTimersByTime(7_000);
    expect(calls()).toBe(4);
    vi.advanceTimersByTime(3600_000 - 7_000);
    const whileFailing = calls();
    work.mockReset().mockImplementation(() => of(null));
    vi.advanceTimersByTime(80_000);
    work.mockClear();
    vi.advanceTimersByTime(3600_000);
    expect(whileFailing).toBeLessThanOrEqual(calls() + 3);
    expect(calls()).toBe(60);
  });

  it('has a jitter of a quarter of what is asked rarely and fails', () => {
    polling.unsubscribe();
    work.mockReset().mockImplementation(() => DOWN);
    polling = poll.every(work, NEVER, 120_000).subscribe();
    vi.advanceTimersByTime(2_000 + 4_000 + 8_000);
    expect(work).toHaveBeenCalledTimes(4);
    vi.advanceTimersByTime(149_999);
    expect(work).toHaveBeenCalledTimes(4);
    vi.advanceTimersByTime(1);
    expect(work).toHaveBeenCalledTimes(5);
  });

  it('retries offline where the API is on this computer', () => {
    polling.unsubscribe();
    TestBed.resetTestingModule();
    TestBed.configureTestingModule({ providers: [{ provide: RANDOM, useValue: random }] });
    poll = TestBed.inject(Poll);
    setOnline(false);
    work.mockReset().mockReturnValueOnce(DOWN).mockReturnValue(of(null));
    start();
    vi.advanceTimersByTime(2_000);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('goes on polling offline while that works', () => {
    setOnline(false);
    vi.advanceTimersByTime(2 * POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('does not retry more often on an unstable network', () => {
    restart(DOWN);
    for (let times = 0; times < 100; times++) {
      window.dispatchEvent(new Event('online'));
      vi.advanceTimersByTime(100);
    }
    expect(work.mock.calls.length).toBeLessThanOrEqual(11);
  });

  it('runs at once on demand', () => {
    poll.now();
    vi.advanceTimersByTime(0);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it.each(['online', 'demand'])('runs again if it was running: %s', (wakeUp) => {
    const answer = new Subject<void>();
    work.mockReturnValueOnce(answer);
    poll.now();
    vi.advanceTimersByTime(0);
    expect(work).toHaveBeenCalledTimes(2);
    if (wakeUp === 'online') window.dispatchEvent(new Event('online'));
    else poll.now();
    vi.advanceTimersByTime(5_000);
    expect(work).toHaveBeenCalledTimes(2);
    answer.complete();
    vi.advanceTimersByTime(SHORTEST_PAUSE_MS);
    expect(work).toHaveBeenCalledTimes(3);
    vi.advanceTimersByTime(POLL_INTERVAL_MS - 1);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('is retried soon if the network came back during a run that failed then', () => {
    restart(DOWN);
    vi.advanceTimersByTime(100_000);
    const answer = new Subject<void>();
    work.mockReturnValueOnce(answer);
    poll.now();
    vi.advanceTimersByTime(0);
    const calls = work.mock.calls.length;
    window.dispatchEvent(new Event('online'));
    vi.advanceTimersByTime(5_000);
    answer.error(new HttpErrorResponse({ status: 503 }));
    vi.advanceTimersByTime(SHORTEST_RETRY_MS - 1);
    expect(work).toHaveBeenCalledTimes(calls);
    vi.advanceTimersByTime(1);
    expect(work).toHaveBeenCalledTimes(calls + 1);
    // That run was not woken.
    vi.advanceTimersByTime(30_000);
    expect(work).toHaveBeenCalledTimes(calls + 1);
  });

  it('runs at once when another poll succeeds again, and does not wake that one in turn', () => {
    restart(DOWN);
    // The next attempt is at 126 seconds.
    vi.advanceTimersByTime(100_000);
    const calls = work.mock.calls.length;
    const answers = [DOWN, of(null)];
    const ask = vi.fn(() => answers.shift() ?? of(null));
    const other = poll.every(ask).subscribe();
    vi.advanceTimersByTime(1_999);
    expect(work).toHaveBeenCalledTimes(calls);
    work.mockImplementation(() => of(null));
    vi.advanceTimersByTime(10);
    // It does not wake the one that was quicker.
    expect(ask).toHaveBeenCalledTimes(2);
    expect(work).toHaveBeenCalledTimes(calls + 1);
    other.unsubscribe();
  });

  it('runs no sooner than its Retry-After says when another poll succeeds again', () => {
    restart(failure(503, '60'));
    const answers = [DOWN, of(null)];
    const other = poll.every(() => answers.shift() ?? of(null)).subscribe();
    vi.advanceTimersByTime(59_999);
    expect(work).toHaveBeenCalledTimes(1);
    work.mockImplementation(() => of(null));
    // With the jitter of a Retry-After.
    vi.advanceTimersByTime(60_000);
    expect(work.mock.calls.length).toBeGreaterThan(1);
    other.unsubscribe();
  });

  it('runs no more often if it fails in turn with another poll', () => {
    const ask = vi.fn(() => (ask.mock.calls.length % 2 ? DOWN : of(null)));
    restart(DOWN);
    work.mockImplementation(() => (work.mock.calls.length % 2 ? of(null) : DOWN));
    const other = poll.every(ask).subscribe();
    const minutes = 10;
    vi.advanceTimersByTime(minutes * 60_000);
    // A success is followed by the interval, and a failure by at least the shortest backoff.
    const most = (2 * minutes * 60_000) / (POLL_INTERVAL_MS + SHORTEST_RETRY_MS) + 2;
    for (const calls of [work, ask]) expect(calls.mock.calls.length).toBeLessThanOrEqual(most);
    other.unsubscribe();
  });

  it('ends when it is unsubscribed', () => {
    polling.unsubscribe();
    vi.advanceTimersByTime(2 * POLL_INTERVAL_MS);
    expect(work).toHaveBeenCalledTimes(1);
  });

  describe('with triggers', () => {
    const triggers = new Subject<void>();

    beforeEach(() => {
      polling.unsubscribe();
      work.mockClear();
      polling = poll.every(work, triggers).subscribe();
      vi.advanceTimersByTime(1_000);
      expect(work).toHaveBeenCalledTimes(1);
    });

    it('runs at once, and the interval begins anew', () => {
      triggers.next();
      vi.advanceTimersByTime(0);
      expect(work).toHaveBeenCalledTimes(2);
      vi.advanceTimersByTime(POLL_INTERVAL_MS - 1);
      expect(work).toHaveBeenCalledTimes(2);
      vi.advanceTimersByTime(1);
      expect(work).toHaveBeenCalledTimes(3);
    });

    it('runs once for many triggers at a time, and soon again for those that come later', () => {
      for (let times = 0; times < 50; times++) triggers.next();
      vi.advanceTimersByTime(0);
      for (let times = 0; times < 50; times++) triggers.next();
      vi.advanceTimersByTime(SHORTEST_PAUSE_MS - 1);
      expect(work).toHaveBeenCalledTimes(2);
      vi.advanceTimersByTime(1);
      expect(work).toHaveBeenCalledTimes(3);
    });

    it('runs again if it was running: it may have read what the trigger is about too early', () => {
      const answer = new Subject<void>();
      work.mockReturnValueOnce(answer);
      triggers.next();
      vi.advanceTimersByTime(0);
      triggers.next();
      vi.advanceTimersByTime(5_000);
      expect(work).toHaveBeenCalledTimes(2);
      answer.complete();
      vi.advanceTimersByTime(SHORTEST_PAUSE_MS);
      expect(work).toHaveBeenCalledTimes(3);
      vi.advanceTimersByTime(POLL_INTERVAL_MS - 1);
      expect(work).toHaveBeenCalledTimes(3);
    });

    it('does not run sooner than the backoff says', () => {
      work.mockImplementation(() => DOWN);
      triggers.next();
      vi.advanceTimersByTime(0);
      for (let times = 0; times < 19; times++) {
        triggers.next();
        vi.advanceTimersByTime(100);
      }
      expect(work).toHaveBeenCalledTimes(2);
      vi.advanceTimersByTime(100);
      expect(work).toHaveBeenCalledTimes(3);
    });

    it('does not run while the page is hidden', () => {
      show('hidden');
      vi.advanceTimersByTime(HIDDEN_POLL_INTERVAL_MS - 1);
      triggers.next();
      vi.advanceTimersByTime(0);
      expect(work).toHaveBeenCalledTimes(1);
      vi.advanceTimersByTime(HIDDEN_POLL_INTERVAL_MS);
      expect(work).toHaveBeenCalledTimes(2);
    });
  });

  describe('until it is done', () => {
    const done = vi.fn();
    const failed = vi.fn();

    beforeEach(() => {
      polling.unsubscribe();
      done.mockReset();
      failed.mockReset();
      work.mockClear();
    });

    function begin(): void {
      polling = poll.untilDone(work).subscribe({ next: done, error: failed });
      vi.advanceTimersByTime(0);
    }

    it('retries with the same backoff until it succeeds', () => {
      work.mockImplementation(() => DOWN);
      begin();
      vi.advanceTimersByTime(5_999);
      expect(work).toHaveBeenCalledTimes(2);
      work.mockImplementation(() => of('it'));
      vi.advanceTimersByTime(1);
      expect(done).toHaveBeenCalledExactlyOnceWith('it');
      vi.advanceTimersByTime(3600_000);
      expect(work).toHaveBeenCalledTimes(3);
    });

    it('lets what has failed run at once when it succeeds', () => {
      restart(DOWN);
      // The next attempt is at 126 seconds.
      vi.advanceTimersByTime(100_000);
      const calls = work.mock.calls.length;
      const answers = [DOWN, of('it')];
      poll.untilDone(() => answers.shift() ?? of('it')).subscribe(done);
      vi.advanceTimersByTime(1_999);
      expect(work).toHaveBeenCalledTimes(calls);
      vi.advanceTimersByTime(10);
      expect(done).toHaveBeenCalledExactlyOnceWith('it');
      expect(work).toHaveBeenCalledTimes(calls + 1);
    });

    it.each([404, 422])('does not retry after a %d', (status) => {
      work.mockImplementation(() => failure(status));
      begin();
      vi.advanceTimersByTime(3600_000);
      expect(work).toHaveBeenCalledTimes(1);
      expect(failed).toHaveBeenCalledOnce();
    });
  });

  function restart(answer: Observable<unknown>): void {
    polling.unsubscribe();
    work.mockReset().mockImplementation(() => answer);
    start();
  }

  function start(): void {
    polling = poll.every(work).subscribe();
    vi.advanceTimersByTime(0);
  }
});

function failure(status: number, retryAfter?: string): Observable<never> {
  const headers = new HttpHeaders(retryAfter ? { 'Retry-After': retryAfter } : {});
  return throwError(() => new HttpErrorResponse({ status, headers }));
}

function show(state: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
  document.dispatchEvent(new Event('visibilitychange'));
}

function setOnline(isOnline: boolean): void {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(isOnline);
  window.dispatchEvent(new Event(isOnline ? 'online' : 'offline'));
}
