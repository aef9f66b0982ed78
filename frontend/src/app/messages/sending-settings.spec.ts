import { HttpErrorResponse } from '@angular/common/http';
import { TestBed } from '@angular/core/testing';
import { Observable, of, throwError } from 'rxjs';
import { RANDOM } from '../api/backoff';
import { Sending } from '../api/models';
import { MessagesClient } from './messages-client';
import { SendingSettings } from './sending-settings';

const SENDING = { sender: '+15005550006' } as Sending;

describe('SendingSettings', () => {
  const sending = vi.fn<() => Observable<Sending>>();
  const failure = (status: number): Observable<never> =>
    throwError(() => new HttpErrorResponse({ status }));

  beforeEach(() => {
    vi.useFakeTimers();
    sending.mockReset();
    TestBed.configureTestingModule({
      providers: [
        SendingSettings,
        { provide: RANDOM, useValue: () => 0 },
        { provide: MessagesClient, useValue: { sending } },
      ],
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const settings = (): SendingSettings => TestBed.inject(SendingSettings);

  it('is asked for with one backoff, however many need it', async () => {
    sending.mockReturnValue(failure(503));
    const done = vi.fn();
    for (let second = 0; second < 60; second++) {
      void settings().untilLoaded().then(done);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(sending.mock.calls.length).toBeLessThanOrEqual(6);
    expect(done).not.toHaveBeenCalled();

    sending.mockReturnValue(of(SENDING));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(settings().value()).toBe(SENDING);
    expect(done).toHaveBeenCalledTimes(60);
    sending.mockClear();
    await settings().untilLoaded();
    expect(sending).not.toHaveBeenCalled();
  });

  it('is asked for at once by a user who waits for it, and later callers share the request', async () => {
    sending.mockReturnValue(failure(503));
    const loading = settings().untilLoaded();
    await vi.advanceTimersByTimeAsync(500);
    sending.mockClear();
    sending.mockReturnValue(of(SENDING));
    await Promise.all([settings().load(), settings().load()]);
    await vi.advanceTimersByTimeAsync(1_000);
    await loading;
    expect(sending).toHaveBeenCalledOnce();
  });

  it('gives up when it will not be known, and tries again when it is needed again', async () => {
    sending.mockReturnValue(failure(403));
    const loading = settings().untilLoaded();
    const rejected = expect(loading).rejects.toMatchObject({ status: 403 });
    await vi.advanceTimersByTimeAsync(0);
    await rejected;
    sending.mockReturnValue(of(SENDING));
    void settings().untilLoaded();
    await vi.advanceTimersByTimeAsync(0);
    expect(settings().value()).toBe(SENDING);
  });

  it('ends with the session', async () => {
    sending.mockReturnValue(failure(503));
    const loading = settings().untilLoaded();
    const rejected = expect(loading).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(0);
    TestBed.resetTestingModule();
    await rejected;
    sending.mockClear();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(sending).not.toHaveBeenCalled();
  });
});
