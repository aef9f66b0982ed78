import { Message } from '../api/models';
import {
  ThreadMessages,
  MAX_MESSAGES,
  toThreadMessages,
  prependPage,
  mergeChanges,
  appendPage,
} from './thread-messages';
import { deleted, messages } from './testing';

/** The loaded part of a conversation that ends with `last`. */
function loaded(from: number, to: number, last = to): ThreadMessages {
  return toThreadMessages(page(from, to, last));
}

function page(from: number, to: number, last = to) {
  return { rows: messages(from, to), total: last, hasMore: from > 1, hasNewer: to < last };
}

const numbers = ({ messages }: ThreadMessages): number[] =>
  messages.map(({ _id }) => Number(_id.slice(1)));
const ends = (log: ThreadMessages) => ({ newest: numbers(log)[0], oldest: numbers(log).at(-1) });
const later = (message: Message): Message => ({
  ...message,
  status: 'delivered',
  updated_at: '2026-11-22T13:00:00.000Z',
});

describe('prependPage', () => {
  it('adds an earlier page without duplicates', () => {
    const whole = prependPage(loaded(3, 5), page(1, 4, 5));
    expect(numbers(whole)).toEqual([5, 4, 3, 2, 1]);
    expect(whole).toMatchObject({ total: 5, hasOlder: false, hasNewer: false });
  });

  it('drops the newest messages beyond the maximum', () => {
    const long = prependPage(
      loaded(1001, 1000 + MAX_MESSAGES),
      page(901, 1000, 1000 + MAX_MESSAGES),
    );
    expect(ends(long)).toEqual({ newest: 900 + MAX_MESSAGES, oldest: 901 });
    expect(long).toMatchObject({ hasOlder: true, hasNewer: true });
    expect(long.messages).toHaveLength(MAX_MESSAGES);
  });
});

describe('appendPage', () => {
  it('adds a later page without duplicates', () => {
    const whole = appendPage(loaded(1, 3, 5), page(3, 5));
    expect(numbers(whole)).toEqual([5, 4, 3, 2, 1]);
    expect(whole).toMatchObject({ total: 5, hasOlder: false, hasNewer: false });
  });

  it('drops the oldest messages beyond the maximum', () => {
    const long = appendPage(
      loaded(1, MAX_MESSAGES, 2000),
      page(MAX_MESSAGES + 1, MAX_MESSAGES + 100, 2000),
    );
    expect(ends(long)).toEqual({ newest: MAX_MESSAGES + 100, oldest: 101 });
    expect(long).toMatchObject({ hasOlder: true, hasNewer: true });
  });
});

describe('mergeChanges', () => {
  it('removes deleted messages, and adds none', () => {
    const [newest] = messages(3, 3);
    const merged = mergeChanges(loaded(1, 3, 3), [deleted(newest), deleted(messages(4, 4)[0])]);
    expect(numbers(merged)).toEqual([2, 1]);
    expect(merged.total).toBe(2);
    expect(mergeChanges(merged, [deleted(newest)])).toBe(merged);
  });

  it('adds and counts new messages', () => {
    const merged = mergeChanges(loaded(1, 2), messages(2, 4));
    expect(numbers(merged)).toEqual([4, 3, 2, 1]);
    expect(merged.total).toBe(4);
    expect(mergeChanges(merged, messages(2, 4)).total).toBe(4);
  });

  it('replaces changed messages only', () => {
    const before = loaded(1, 3);
    const after = mergeChanges(before, messages(2, 2).map(later));
    expect(after.messages.map(({ status }) => status)).toEqual(['queued', 'delivered', 'queued']);
    expect(after.messages[0]).toBe(before.messages[0]);
    expect(after.messages[2]).toBe(before.messages[2]);
    expect(after.total).toBe(3);
  });

  it('returns the same object if nothing is new', () => {
    const before = loaded(1, 3);
    expect(mergeChanges(before, messages(1, 3))).toBe(before);
  });

  it('ignores an older version of a message', () => {
    const now = mergeChanges(loaded(1, 1), messages(1, 1).map(later));
    expect(mergeChanges(now, messages(1, 1))).toBe(now);
  });

  it('tells versions of the same millisecond apart, and those of servers whose clocks differ', () => {
    const copy = (version: number, status: Message['status'], updated_at: string): Message[] =>
      messages(1, 1).map((message) => ({ ...message, version, status, updated_at }));
    const same = '2026-11-22T13:00:00.000Z';
    const earlier = '2026-11-22T12:59:59.000Z';
    const delivered = mergeChanges(loaded(1, 1), copy(2, 'delivered', same));
    const undelivered = mergeChanges(delivered, copy(3, 'undelivered', same));
    expect(undelivered.messages[0]?.status).toBe('undelivered');
    expect(mergeChanges(undelivered, copy(2, 'delivered', same))).toBe(undelivered);
    const corrected = mergeChanges(undelivered, copy(4, 'delivered', earlier));
    expect(corrected.messages[0]?.status).toBe('delivered');
  });

  it('leaves messages outside the loaded part to their page', () => {
    const before = loaded(3, 5, 9);
    expect(mergeChanges(before, [...messages(1, 2), ...messages(6, 12)])).toBe(before);
    expect(mergeChanges(before, messages(4, 4).map(later)).messages[1]?.status).toBe('delivered');
  });

  it('inserts a message by its time', () => {
    const gap = { ...loaded(1, 3), messages: [...messages(3, 3), ...messages(1, 1)], total: 2 };
    expect(numbers(mergeChanges(gap, messages(2, 2)))).toEqual([3, 2, 1]);
  });

  it('does not grow without limit', () => {
    let long = loaded(1, 1);
    for (let last = 2; last < 3000; last += 7) {
      long = mergeChanges(long, messages(last, last + 6));
      expect(long.messages.length).toBeLessThanOrEqual(MAX_MESSAGES + 100);
      expect(long).toMatchObject({ total: last + 6, hasNewer: false });
      expect(numbers(long)[0]).toBe(last + 6);
    }
    expect(long.hasOlder).toBe(true);
  });
});
