import { History, withEarlier, withLatest, withMessage } from './history';
import { HistoryPage } from './messages-client';
import { messages } from './testing';

function page(from: number, to: number, total = to): HistoryPage {
  return { messages: messages(from, to), total, hasEarlier: from > 1 };
}

const numbers = ({ messages }: History): number[] =>
  messages.map(({ _id }) => Number(_id.slice(1)));

describe('withLatest', () => {
  it('adds what is new and keeps what was loaded before', () => {
    const history = withLatest(withEarlier(page(3, 4), page(1, 2, 4)), page(4, 5));
    expect(numbers(history)).toEqual([5, 4, 3, 2, 1]);
    expect(history).toMatchObject({ total: 5, hasEarlier: false });
  });

  it('updates what has changed', () => {
    const changed = messages(2, 2).map((message) => ({
      ...message,
      status: 'delivered',
      updated_at: '2026-11-22T13:00:00.000Z',
    }));
    const history = withLatest(page(1, 2), { ...page(2, 2), messages: changed });
    expect(history.messages.map(({ status }) => status)).toEqual(['delivered', 'queued']);
  });

  it('does not go back to what an overtaken answer says', () => {
    const now = messages(1, 1).map((message) => ({
      ...message,
      status: 'delivered',
      updated_at: '2026-11-22T13:00:00.000Z',
    }));
    const history = withLatest({ ...page(1, 1), messages: now }, page(1, 1));
    expect(history.messages[0]?.status).toBe('delivered');
  });

  it('keeps a message that was sent while the answer was on its way', () => {
    expect(numbers(withLatest(page(1, 3), page(1, 2)))).toEqual([3, 2, 1]);
    expect(withLatest(page(1, 1), { messages: [], total: 0, hasEarlier: false }).total).toBe(1);
  });

  it('starts again where a gap would be', () => {
    const history = withLatest(page(1, 3), page(10, 12));
    expect(numbers(history)).toEqual([12, 11, 10]);
    expect(history.hasEarlier).toBe(true);
  });
});

describe('withMessage', () => {
  it('puts a new message where its time says', () => {
    const [middle] = messages(2, 2);
    const history = withEarlier(page(3, 3), page(1, 1, 3));
    expect(middle && numbers(withMessage(history, middle))).toEqual([3, 2, 1]);
  });

  it('replaces the message that is known', () => {
    const [message] = messages(2, 2);
    const history = message && withMessage(page(1, 2), { ...message, status: 'sent' });
    expect(history?.messages.map(({ status }) => status)).toEqual(['sent', 'queued']);
    expect(history?.total).toBe(2);
  });
});
