import { HttpErrorResponse, HttpHeaders } from '@angular/common/http';
import { TestBed } from '@angular/core/testing';
import { Observable, Subscription, of, throwError } from 'rxjs';
import { RANDOM } from '../../api/backoff';
import { Poll } from '../../api/poll';
import { MOST_ATTEMPTS, persistently } from './persistently';

describe('persistently', () => {
  const done = vi.fn();
  const failed = vi.fn();
  let attempts: number;
  let isReachable: boolean;
  let running: Subscription;

  beforeEach(() => {
    vi.useFakeTimers();
    isReachable = true;
    done.mockReset();
    failed.mockReset();
    TestBed.configureTestingModule({ providers: [{ provide: RANDOM, useValue: () => 0.999 }] });
  });

  afterEach(() => {
    running.unsubscribe();
    vi.useRealTimers();
  });

  function begin(work: (attempt: number) => Observable<string>): void {
    attempts = 0;
    running = persistently(
      TestBed.inject(Poll),
      () => isReachable,
      () => work((attempts += 1)),
    ).subscribe({
      next: done,
      error: failed,
    });
    vi.advanceTimersByTime(0);
  }

  const failure = (status: number): Observable<never> =>
    throwError(() => new HttpErrorResponse({ status }));

  it('retries what fails for the moment, with the backoff', () => {
    begin((attempt) => (attempt < 3 ? failure(503) : of('it')));
    expect(attempts).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(attempts).toBe(1);
    vi.advanceTimersByTime(10_000);
    expect(done).toHaveBeenCalledExactlyOnceWith('it');
    expect(attempts).toBe(3);
  });

  it('ends after some attempts, with the last failure', () => {
    begin(() => failure(503));
    vi.advanceTimersByTime(3600_000);
    expect(attempts).toBe(MOST_ATTEMPTS);
    expect(failed).toHaveBeenCalledOnce();
    expect(failed.mock.calls[0]?.[0]).toMatchObject({ status: 503 });
    expect(done).not.toHaveBeenCalled();
  });

  it('waits for the network as long as there is none', () => {
    isReachable = false;
    begin((attempt) => (attempt > 2 * MOST_ATTEMPTS ? of('it') : failure(0)));
    vi.advanceTimersByTime(3600_000);
    expect(done).toHaveBeenCalledExactlyOnceWith('it');
  });

  it('ends if something between here and the API drops it again and again', () => {
    begin(() => failure(0));
    vi.advanceTimersByTime(3600_000);
    expect(attempts).toBe(MOST_ATTEMPTS);
  });

  it.each([
    [30, 3],
    [61, 1],
  ])('lets the user decide rather than wait for a Retry-After of %d s', (seconds, expected) => {
    const headers = new HttpHeaders({ 'Retry-After': String(seconds) });
    begin(() => throwError(() => new HttpErrorResponse({ status: 429, headers })));
    vi.advanceTimersByTime(100_000);
    expect(attempts).toBe(expected);
    expect(failed).toHaveBeenCalledTimes(expected === 1 ? 1 : 0);
  });

  it.each([409, 413, 415, 422])('does not retry after a %d', (status) => {
    begin(() => failure(status));
    vi.advanceTimersByTime(3600_000);
    expect(attempts).toBe(1);
    expect(failed).toHaveBeenCalledOnce();
  });

  it('stops when nobody waits for it any more', () => {
    begin(() => failure(503));
    running.unsubscribe();
    vi.advanceTimersByTime(3600_000);
    expect(attempts).toBe(1);
  });
});
