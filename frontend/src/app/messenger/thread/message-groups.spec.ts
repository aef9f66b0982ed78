import { GROUP_SIZE, Group, toGroups } from './message-groups';
import { Message } from '../../api/models';
import { aMessage, messages } from '../../messages/testing';

const today = new Date(2026, 10, 22, 12);
const at = (_id: string, ...time: [number, number, number, number]) =>
  aMessage({ _id, created_at: new Date(...time).toISOString() });
const sizes = (groups: readonly Group[]) => groups.map(({ rows }) => rows.length);

describe('toGroups', () => {
  it('names each day at its first message', () => {
    const morning = at('m3', 2026, 10, 22, 8);
    const late = at('m2', 2026, 10, 21, 23);
    const early = at('m1', 2026, 10, 21, 1);
    const [group] = toGroups([morning, late, early], today);
    expect(group?.rows.map(({ message, day }) => [message._id, day])).toEqual([
      ['m1', 'Yesterday'],
      ['m2', undefined],
      ['m3', 'Today'],
    ]);
    const tomorrow = new Date(2026, 10, 23, 0, 1);
    const [renamed] = toGroups([morning], tomorrow, toGroups([morning], today));
    expect(renamed?.rows[0]?.day).toBe('Yesterday');
  });

  it('creates only the group anew in which a message has changed', () => {
    const all = messages(1, 5_000);
    const before = toGroups(all, today);
    expect(before).toHaveLength(5_000 / GROUP_SIZE);
    const changed = all.map((message) =>
      message._id === 'm2500' ? { ...message, status: 'delivered' } : message,
    );
    const after = toGroups(changed, today, before);
    const others = after.filter((group, index) => group !== before[index]);
    expect(others.map(({ key }) => key)).toEqual(['m2476']);
  });

  it('adds new messages to the last group until it is full', () => {
    // Each in a minute of its own: in one run, the last one would change.
    const all = messages(1, 2 * GROUP_SIZE + 1).map((message, index) => ({
      ...message,
      created_at: new Date(2026, 10, 22, 11, -index).toISOString(),
    }));
    const before = toGroups(all.slice(2), today);
    const joined = toGroups(all.slice(1), today, before);
    expect(joined[0]).toBe(before[0]);
    expect(sizes(joined)).toEqual([GROUP_SIZE, GROUP_SIZE]);
    const full = toGroups(all, today, joined);
    expect(full.slice(0, 2)).toEqual(joined);
    expect(full[1]).toBe(joined[1]);
    expect(sizes(full)).toEqual([GROUP_SIZE, GROUP_SIZE, 1]);
  });

  it('puts earlier messages into groups of their own', () => {
    const all = messages(11, 150);
    const before = toGroups(all.slice(0, 50), today);
    const after = toGroups(all, today, before);
    expect(after.at(-1)).toBe(before.at(-1));
    // The first one no longer begins the day.
    expect(after.at(-2)?.key).toBe(before[0]?.key);
    expect(sizes(after)).toEqual([25, 25, 25, 15, 25, 25]);
  });

  it('keeps the group whose oldest messages are gone, also once they are back', () => {
    const all = messages(1, 2 * GROUP_SIZE);
    const before = toGroups(all, today);
    const without = toGroups(all.slice(0, -3), today, before);
    expect(without.map(({ key }) => key)).toEqual(before.map(({ key }) => key));
    expect(sizes(without)).toEqual([GROUP_SIZE - 3, GROUP_SIZE]);
    const further = toGroups(all.slice(0, -5), today, without);
    expect(further[0]?.key).toBe(before[0]?.key);
    expect(toGroups(all, today, further)).toEqual(before);
  });

  it('joins what one line can say: the same side, minute and way', () => {
    const [first, second, third] = ['sent', 'delivered', 'delivered'].map((status, index) =>
      aMessage({
        _id: `m${index}`,
        status,
        created_at: `2026-11-22T08:00:${20 + index * 19}.000Z`,
      }),
    ) as [Message, Message, Message];
    const runsOf = (...all: Message[]) =>
      toGroups(all, today).flatMap(({ rows }) =>
        rows.map(({ isJoined, runStatus }) => [isJoined, runStatus]),
      );
    // The line says what is true of all of them.
    expect(runsOf(third, second, first)).toEqual([
      [false, undefined],
      [true, undefined],
      [true, 'sent'],
    ]);
    const later = { ...third, created_at: '2026-11-22T08:01:00.000Z' };
    expect(runsOf(later, second)).toEqual([
      [false, 'delivered'],
      [false, 'delivered'],
    ]);
    const received = { ...third, direction: 'inbound', status: 'received' } as const;
    expect(runsOf(received, second).map(([isJoined]) => isJoined)).toEqual([false, false]);
    expect(runsOf({ ...received, _id: 'm9' }, received)[1]).toEqual([true, 'received']);
    for (const status of ['failed', 'undelivered', 'unconfirmed', 'pending', 'canceled']) {
      expect(runsOf({ ...third, status }, second), status).toEqual([
        [false, 'delivered'],
        [false, status],
      ]);
    }
  });

  it('marks messages that have been sent again', () => {
    const failed = aMessage({ _id: 'm1', status: 'failed' });
    const before = toGroups([failed], today);
    const after = toGroups([aMessage({ _id: 'm2', retry_of: 'm1' }), failed], today, before);
    expect(after[0]?.rows.map(({ isRetried }) => isRetried)).toEqual([true, false]);
  });
});
