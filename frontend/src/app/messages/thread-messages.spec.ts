import { Message } from '../api/models';
import {
  ThreadMessages,
  MAX_MESSAGES,
  toThreadMessages,
  prependPage,
  mergeChanges,
  appendPage,
} from './thread-messages';
import { messages } from './testing';

/** Of a conversation that ends with `last`. */
function log(from: number, to: number, last = to): ThreadMessages {
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
  it('adds a page below, once', () => {
    const whole = prependPage(log(3, 5), page(1, 4, 5));
    expect(numbers(whole)).toEqual([5, 4, 3, 2, 1]);
    expect(whole).toMatchObject({ total: 5, hasEarlier: false, hasLater: false });
  });

  it('lets the latest go where it becomes too long: they can be loaded again', () => {
    const long = prependPage(log(1001, 1000 + MAX_MESSAGES), page(901, 1000, 1000 + MAX_MESSAGES));
    expect(ends(long)).toEqual({ newest: 900 + MAX_MESSAGES, oldest: 901 });
    expect(long).toMatchObject({ hasEarlier: true, hasLater: true });
    expect(long.messages).toHaveLength(MAX_MESSAGES);
  });
});

describe('appendPage', () => {
  it('adds a page above, once', () => {
    const whole = appendPage(log(1, 3, 5), page(3, 5));
    expect(numbers(whole)).toEqual([5, 4, 3, 2, 1]);
    expect(whole).toMatchObject({ total: 5, hasEarlier: false, hasLater: false });
  });

  it('lets the earliest go where it becomes too long', () => {
    const long = appendPage(
      log(1, MAX_MESSAGES, 2000),
      page(MAX_MESSAGES + 1, MAX_MESSAGES + 100, 2000),
    );
    expect(ends(long)).toEqual({ newest: MAX_MESSAGES + 100, oldest: 101 });
    expect(long).toMatchObject({ hasEarlier: true, hasLater: true });
  });
});

describe('mergeChanges', () => {
  it('adds what is new, and counts it', () => {
    const heard = mergeChanges(log(1, 2), messages(2, 4));
    expect(numbers(heard)).toEqual([4, 3, 2, 1]);
    expect(heard.total).toBe(4);
    expect(mergeChanges(heard, messages(2, 4)).total).toBe(4);
  });

  it('changes what has changed, and nothing else', () => {
    const before = log(1, 3);
    const after = mergeChanges(before, messages(2, 2).map(later));
    expect(after.messages.map(({ status }) => status)).toEqual(['queued', 'delivered', 'queued']);
    expect(after.messages[0]).toBe(before.messages[0]);
    expect(after.messages[2]).toBe(before.messages[2]);
    expect(after.total).toBe(3);
  });

  it('is the same log when nothing is new', () => {
    const before = log(1, 3);
    expect(mergeChanges(before, messages(1, 3))).toBe(before);
  });

  it('does not go back to what an overtaken answer says', () => {
    const now = mergeChanges(log(1, 1), messages(1, 1).map(later));
    expect(mergeChanges(now, messages(1, 1))).toBe(now);
  });

  it('leaves what is further back, and further on, to its page', () => {
    const before = log(3, 5, 9);
    expect(mergeChanges(before, [...messages(1, 2), ...messages(6, 12)])).toBe(before);
    expect(mergeChanges(before, messages(4, 4).map(later)).messages[1]?.status).toBe('delivered');
  });

  it('puts a message where its time says', () => {
    const gap = { ...log(1, 3), messages: [...messages(3, 3), ...messages(1, 1)], total: 2 };
    expect(numbers(mergeChanges(gap, messages(2, 2)))).toEqual([3, 2, 1]);
  });

  it('does not grow for ever', () => {
    let long = log(1, 1);
    for (let last = 2; last < 3000; last += 7) {
      long = mergeChanges(long, messages(last, last + 6));
      expect(long.messages.length).toBeLessThanOrEqual(MAX_MESSAGES + 100);
      expect(long).toMatchObject({ total: last + 6, hasLater: false });
      expect(numbers(long)[0]).toBe(last + 6);
    }
    expect(long.hasEarlier).toBe(true);
  });
});
