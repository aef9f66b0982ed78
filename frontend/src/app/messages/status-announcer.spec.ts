import { TestBed } from '@angular/core/testing';
import { NEVER } from 'rxjs';
import { ContactNames } from '../phone-numbers/contact-names';
import { MessageSync } from './message-sync';
import { StatusAnnouncer } from './status-announcer';
import { aMessage } from './testing';

const delivered = aMessage({ status: 'delivered' });

describe('StatusAnnouncer', () => {
  let announcer: StatusAnnouncer;

  beforeEach(() => {
    TestBed.configureTestingModule({
      providers: [StatusAnnouncer, { provide: MessageSync, useValue: { statusChanges: NEVER } }],
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

  it('does not announce messages on their way', () => {
    announcer.announce([aMessage({ status: 'queued' })]);
    expect(announcer.announcements()).toEqual([]);
  });
});
