import { TestBed } from '@angular/core/testing';
import { Observable, Subject, defer, firstValueFrom, from, of, throwError } from 'rxjs';
import { Message, OptOut } from '../../api/models';
import { MessageSync } from '../message-sync';
import { aMessage } from '../testing';
import { OptOutsClient } from './opt-outs-client';
import { OptOutsStore } from './opt-outs-store';

const NUMBER = '+14155552671';

function optOut(opted_out: boolean): OptOut {
  return { number: NUMBER, opted_out, latest: null, history: [] };
}

describe('OptOutsStore', () => {
  const statusChanges = new Subject<readonly Message[]>();
  const read = vi.fn<(number: string) => Observable<OptOut>>();
  const set = vi.fn<(number: string, optedOut: boolean, reason: string) => Observable<OptOut>>();
  let store: OptOutsStore;

  beforeEach(() => {
    read.mockReset().mockReturnValue(of(optOut(false)));
    set.mockReset();
    TestBed.configureTestingModule({
      providers: [
        OptOutsStore,
        { provide: OptOutsClient, useValue: { read, set } },
        {
          provide: MessageSync,
          useValue: {
            statusChanges,
            load: <T>(work: () => Promise<T>) => defer(() => from(work())),
          },
        },
      ],
    });
    store = TestBed.inject(OptOutsStore);
  });

  it('asks again when a message comes in or is refused, about who is known', async () => {
    store.load(NUMBER);
    await settle();
    expect(store.of(NUMBER)).toEqual(optOut(false));
    read.mockReturnValue(of(optOut(true)));
    statusChanges.next([
      aMessage({ direction: 'inbound', status: 'received', peer_number: '+41791234567' }),
      aMessage({ status: 'delivered' }),
    ]);
    await settle();
    expect(read).toHaveBeenCalledTimes(1);
    for (const told of [
      aMessage({ direction: 'inbound', status: 'received' }),
      aMessage({ status: 'failed' }),
    ])
      statusChanges.next([told, told]);
    await settle();
    expect(read).toHaveBeenCalledTimes(3);
    expect(store.of(NUMBER)?.opted_out).toBe(true);
  });

  it('keeps the last answer, however late an earlier one is', async () => {
    const late = new Subject<OptOut>();
    read.mockReturnValueOnce(late);
    store.load(NUMBER);
    store.load(NUMBER);
    await settle();
    late.next(optOut(true));
    late.complete();
    await settle();
    expect(store.of(NUMBER)?.opted_out).toBe(false);
  });

  it('does not ask about senders without a phone number', () => {
    store.load('MYBANK');
    expect(read).not.toHaveBeenCalled();
  });

  it('records by hand, with a reason that fits, or says why not', async () => {
    set.mockReturnValue(of(optOut(true)));
    expect(await store.set(NUMBER, true, '👋'.repeat(300))).toBe('');
    expect(set).toHaveBeenCalledWith(NUMBER, true, '👋'.repeat(200));
    expect(store.of(NUMBER)?.opted_out).toBe(true);
    set.mockReturnValue(throwError(() => new Error('no')));
    expect(await store.set(NUMBER, false, 'x')).not.toBe('');
    expect(store.of(NUMBER)?.opted_out).toBe(true);
  });
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await firstValueFrom(of(undefined));
}
