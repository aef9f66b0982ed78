import { Message } from '../api/models';
import { Log, toLog, withEarlier, withHeard } from './log';
import { messages } from './testing';

function log(from: number, to: number): Log {
  return toLog({ rows: messages(from, to), total: to, hasMore: from > 1 });
}

const numbers = ({ messages }: Log): number[] => messages.map(({ _id }) => Number(_id.slice(1)));
const later = (message: Message): Message => ({
  ...message,
  status: 'delivered',
  updated_at: '2026-11-22T13:00:00.000Z',
});

describe('withEarlier', () => {
  it('adds a page below, once', () => {
    const page = { rows: messages(1, 4), total: 5, hasMore: false };
    const whole = withEarlier(log(3, 5), page);
    expect(numbers(whole)).toEqual([5, 4, 3, 2, 1]);
    expect(whole).toMatchObject({ total: 5, hasEarlier: false });
  });
});

describe('withHeard', () => {
  it('adds what is new, and counts it', () => {
    const heard = withHeard(log(1, 2), messages(2, 4));
    expect(numbers(heard)).toEqual([4, 3, 2, 1]);
    expect(heard.total).toBe(4);
    expect(withHeard(heard, messages(2, 4)).total).toBe(4);
  });

  it('changes what has changed, and nothing else', () => {
    const before = log(1, 3);
    const after = withHeard(before, messages(2, 2).map(later));
    expect(after.messages.map(({ status }) => status)).toEqual(['queued', 'delivered', 'queued']);
    expect(after.messages[0]).toBe(before.messages[0]);
    expect(after.messages[2]).toBe(before.messages[2]);
    expect(after.total).toBe(3);
  });

  it('is the same log when nothing is new', () => {
    const before = log(1, 3);
    expect(withHeard(before, messages(1, 3))).toBe(before);
  });

  it('does not go back to what an overtaken answer says', () => {
    const now = withHeard(log(1, 1), messages(1, 1).map(later));
    expect(withHeard(now, messages(1, 1))).toBe(now);
  });

  it('leaves what is further back to its page', () => {
    const before = log(3, 5);
    expect(withHeard(before, messages(1, 2))).toBe(before);
  });

  it('puts a message where its time says', () => {
    const gap = { ...log(1, 3), messages: [...messages(3, 3), ...messages(1, 1)], total: 2 };
    expect(numbers(withHeard(gap, messages(2, 2)))).toEqual([3, 2, 1]);
  });
});
