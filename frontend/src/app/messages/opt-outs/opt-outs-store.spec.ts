import { TestBed } from '@angular/core/testing';
import { Observable, Subject, defer, firstValueFrom, from, of, throwError } from 'rxjs';
import { OptOut } from '../../api/models';
import { MessageSync } from '../message-sync';
import { aMessage } from '../testing';
import { OptOutsClient } from './opt-outs-client';
import { OptOutsStore } from './opt-outs-store';

const NUMBER = '+14155552671';

function optOut(opted_out: boolean): OptOut {
  return { number: NUMBER, opted_out, latest: null, history: [] };
}

describe('OptOutsStore', () => {
  const read = vi.fn<(number: string) => Observable<OptOut>>();
  const readAll = vi.fn<(numbers: readonly string[]) => Observable<readonly OptOut[]>>();
  const set = vi.fn<(number: string, optedOut: boolean, reason: string) => Observable<OptOut>>();
  let store: OptOutsStore;

  beforeEach(() => {
    read.mockReset().mockReturnValue(of(optOut(false)));
    readAll.mockReset();
    set.mockReset();
    TestBed.configureTestingModule({
      providers: [
        OptOutsStore,
        { provide: OptOutsClient, useValue: { read, readAll, set } },
        {
          provide: MessageSync,
          useValue: {
            subscribe: () => undefined,
            load: <T>(work: () => Promise<T>) => defer(() => from(work())),
          },
        },
      ],
    });
    store = TestBed.inject(OptOutsStore);
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('asks again when a message comes in or is refused, about who is known', async () => {
    store.load(NUMBER);
    await settle();
    expect(store.of(NUMBER)).toEqual(optOut(false));
    read.mockReturnValue(of(optOut(true)));
    store.applyChanges([
      aMessage({ direction: 'inbound', status: 'received', peer_number: '+41791234567' }),
      aMessage({ status: 'delivered' }),
    ]);
    await settle();
    expect(read).toHaveBeenCalledTimes(1);
    for (const told of [
      aMessage({ direction: 'inbound', status: 'received' }),
      aMessage({ status: 'failed' }),
    ]) {
      store.applyChanges([told, told]);
      await settle();
    }
    expect(read).toHaveBeenCalledTimes(3);
    expect(store.of(NUMBER)?.opted_out).toBe(true);
  });

  it('leaves nothing to ask for whoever signs in next', async () => {
    const unsubscribed = vi.fn<() => void>();
    vi.spyOn(TestBed.inject(MessageSync), 'load').mockImplementation(
      () => new Observable(() => unsubscribed),
    );
    store.load(NUMBER);
    store.load(NUMBER);
    TestBed.resetTestingModule();
    expect(unsubscribed).toHaveBeenCalledTimes(1);
    await settle();
  });

  it('asks once at a time, and again about what may have changed meanwhile', async () => {
    const first = new Subject<OptOut>();
    read.mockReturnValueOnce(first).mockReturnValue(of(optOut(true)));
    for (let time = 0; time < 10; time += 1) store.load(NUMBER);
    await settle();
    expect(read).toHaveBeenCalledTimes(1);
    first.next(optOut(false));
    first.complete();
    await settle();
    expect(read).toHaveBeenCalledTimes(2);
    expect(store.of(NUMBER)?.opted_out).toBe(true);
  });

  it('keeps an open conversation current: each minute, when the page is shown, after a gap', async () => {
    vi.useFakeTimers();
    const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible');
    const end = store.follow(NUMBER);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(read).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(read).toHaveBeenCalledTimes(2);
    visibility.mockReturnValue('hidden');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(read).toHaveBeenCalledTimes(2);
    visibility.mockReturnValue('visible');
    document.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(0);
    store.forget();
    await vi.advanceTimersByTimeAsync(0);
    expect(read).toHaveBeenCalledTimes(4);
    end();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(read).toHaveBeenCalledTimes(4);
  });

  it('asks about many at once, a hundred at most, and not about those it knows', async () => {
    const numbers = Array.from({ length: 120 }, (_, index) => `+4930901${100 + index}`);
    const [out, back, other = ''] = numbers;
    const told = [optOut(true), optOut(false)].map((each, index) => ({
      ...each,
      number: [out, back][index] ?? '',
    }));
    readAll.mockReturnValueOnce(of([])).mockReturnValueOnce(of(told));
    store.loadUnknown([...numbers, 'MYBANK']);
    store.loadUnknown(numbers);
    await settle();
    expect(readAll.mock.calls.map(([asked]) => asked.length)).toEqual([20, 100]);
    expect(numbers.filter((number) => store.of(number)?.opted_out)).toEqual([out]);
    expect(store.of(other)).toEqual({ number: other, opted_out: false, latest: null, history: [] });
    expect([out ?? '', other, 'MYBANK'].map((each) => store.canBeWrittenTo(each))).toEqual([
      ...[false, true, false],
    ]);
    store.loadUnknown(numbers);
    await settle();
    expect(readAll).toHaveBeenCalledTimes(2);
    // After a gap, about all.
    readAll.mockReturnValue(of([]));
    store.forget();
    await settle();
    expect(readAll).toHaveBeenCalledTimes(4);
    expect(store.canBeWrittenTo(out ?? '')).toBe(true);
  });

  it('knows a thousand, and forgets those first who have not opted out', async () => {
    const numbers = Array.from({ length: 1_150 }, (_, index) => `+4930902${1000 + index}`);
    const [out = '', back = ''] = numbers;
    readAll.mockImplementation((asked) =>
      of(asked.includes(out) ? [{ ...optOut(true), number: out }] : []),
    );
    for (let from = 0; from < numbers.length; from += 100) {
      store.loadUnknown(numbers.slice(from, from + 100));
      await settle();
    }
    expect(store.of(out)?.opted_out).toBe(true);
    expect(store.of(back)).toBeUndefined();
    expect(numbers.filter((number) => store.of(number))).toHaveLength(1_000);
  });

  it('does not ask about senders without a phone number', () => {
    store.load('MYBANK');
    expect(read).not.toHaveBeenCalled();
  });

  it('records by hand, with a reason that fits, or says why not and asks again', async () => {
    set.mockReturnValue(of(optOut(true)));
    expect(await store.set(NUMBER, true, '👋'.repeat(300))).toBe('');
    expect(set).toHaveBeenCalledWith(NUMBER, true, '👋'.repeat(200));
    expect(store.of(NUMBER)?.opted_out).toBe(true);
    set.mockReturnValue(throwError(() => new Error('no')));
    expect(await store.set(NUMBER, false, 'x')).not.toBe('');
    await settle();
    expect(read).toHaveBeenCalledTimes(1);
    expect(store.of(NUMBER)?.opted_out).toBe(false);
  });

  it('does not take an answer that may be older than what was recorded by hand', async () => {
    const late = new Subject<OptOut>();
    read.mockReturnValueOnce(late).mockReturnValue(of(optOut(true)));
    store.load(NUMBER);
    set.mockReturnValue(of(optOut(true)));
    await store.set(NUMBER, true, 'Asked');
    late.next(optOut(false));
    late.complete();
    await settle();
    expect(store.of(NUMBER)?.opted_out).toBe(true);
    expect(read).toHaveBeenCalledTimes(2);
  });
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await firstValueFrom(of(undefined));
}
