import { TestBed } from '@angular/core/testing';
import { signal } from '@angular/core';
import { Subject } from 'rxjs';
import { ContactNames } from '../phone-numbers/contact-names';
import { Message } from '../api/models';
import { MessageSync } from './message-sync';
import { StatusAnnouncer } from './status-announcer';
import { aMessage } from './testing';
import { UnreadStore } from './unread-store';

const delivered = aMessage({ status: 'delivered' });

describe('StatusAnnouncer', () => {
  const statusChanges = new Subject<readonly Message[]>();
  const muted = signal<ReadonlySet<string>>(new Set());
  let announcer: StatusAnnouncer;

  beforeEach(() => {
    TestBed.configureTestingModule({
      providers: [
        StatusAnnouncer,
        { provide: MessageSync, useValue: { statusChanges } },
        { provide: UnreadStore, useValue: { muted } },
      ],
    });
    announcer = TestBed.inject(StatusAnnouncer);
  });

  it('announces the same text again as a new element', () => {
    announcer.announce([delivered]);
    const [first] = announcer.announcements();
    announcer.announce([delivered]);
    const second = announcer.announcements().at(-1);
    expect(second?.text).toBe(first?.text);
    expect(second?.id).not.toBe(first?.id);
  });

  it('calls people by their names', () => {
    TestBed.inject(ContactNames).replace(new Map([[delivered.peer_number, 'Ada Lovelace']]));
    announcer.announce([delivered]);
    expect(announcer.announcements().at(-1)?.text).toContain('Ada Lovelace');
  });

  it('keeps all announcements of one moment, and only the latest', () => {
    for (const status of ['sent', 'delivered', 'read', 'failed'])
      announcer.announce([aMessage({ status })]);
    expect(announcer.announcements().map(({ text }) => text.split(' ').at(-1))).toEqual([
      'delivered.',
      'read.',
      'sent.',
    ]);
  });

  it('counts many that come in together', () => {
    announcer.announce(
      Array.from({ length: 4 }, () => aMessage({ direction: 'inbound', status: 'received' })),
    );
    announcer.announce([
      ...['sent', 'delivered', 'read'].map((status) => aMessage({ status })),
      aMessage({ direction: 'inbound', status: 'received' }),
    ]);
    expect(announcer.announcements().map(({ text }) => text)).toEqual([
      '4 new messages.',
      'The status of 3 messages has changed. 1 new message.',
    ]);
  });

  it('is silent about what comes in to a muted conversation, unless that is shown', async () => {
    const [silent, other] = ['+4930901', '+4930902'];
    muted.set(new Set([silent]));
    const received = [silent, other].map((peer_number) =>
      aMessage({ direction: 'inbound', status: 'received', peer_number }),
    );
    const heard = async (): Promise<string[]> => {
      const before = announcer.announcements().at(-1)?.id ?? 0;
      statusChanges.next(received);
      statusChanges.next([aMessage({ peer_number: silent, status: 'delivered' })]);
      await Promise.resolve();
      const { announcements } = announcer;
      return announcements().flatMap(({ id, text }) => (id > before ? text : []));
    };
    const news = async () => (await heard())[0]?.match(/New message/g);
    expect(await heard()).toHaveLength(2);
    expect(await news()).toHaveLength(1);
    announcer.shown.set(silent);
    expect(await news()).toHaveLength(2);
    announcer.shown.set(other);
    expect(await news()).toHaveLength(1);
    muted.set(new Set());
    announcer.shown.set(undefined);
    expect(await news()).toHaveLength(2);
  });

  it('is silent about a message that the same poll tells of as the muting', async () => {
    muted.set(new Set());
    const message = aMessage({ direction: 'inbound', status: 'received' });
    statusChanges.next([message]);
    // Applied after the changes.
    muted.set(new Set([message.peer_number]));
    await Promise.resolve();
    expect(announcer.announcements()).toEqual([]);
  });

  it('does not announce messages on their way', () => {
    announcer.announce([aMessage({ status: 'queued' })]);
    expect(announcer.announcements()).toEqual([]);
  });
});
