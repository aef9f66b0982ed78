import { aMessage, messages } from '../messages/testing';
import { LogGroup, groupByDay } from './log-groups';

const TODAY = new Date('2026-11-22T12:00:00');

describe('groupByDay', () => {
  it('names each day once, and begins a group after fifty rows', () => {
    const yesterday = aMessage({ created_at: '2026-11-21T12:00:00.000Z' });
    const groups = groupByDay([...messages(2, 102), yesterday], TODAY);
    expect(groups.map(({ day }) => day)).toEqual(['Today', '', '', 'Yesterday']);
    expect(Math.max(...sizes(groups))).toBe(50);
    expect(ids(groups)).toEqual([...messages(2, 102), yesterday].map(({ _id }) => _id));
  });

  it('leaves each row in its group when new ones come', () => {
    let groups = groupByDay(messages(1, 120), TODAY);
    for (let newest = 121; newest <= 240; newest += 1) {
      const next = groupByDay(messages(1, newest), TODAY, groups);
      expectNoMove(groups, next);
      groups = next;
    }
    expect(sizes(groups)).toEqual([40, 50, 50, 50, 50]);
    expect(groups.map(({ day }) => day)).toEqual(['Today', '', '', '', '']);
  });

  it('leaves each row in its group when older pages are added', () => {
    let groups = groupByDay(messages(400, 430), TODAY);
    for (const oldest of [397, 300, 299, 200, 1]) {
      const next = groupByDay(messages(oldest, 430), TODAY, groups);
      expectNoMove(groups, next);
      groups = next;
    }
  });

  it('adds what comes between rows to their group', () => {
    const odd = messages(1, 120).filter((_, index) => index % 2 === 0);
    const groups = groupByDay(odd, TODAY);
    const next = groupByDay(messages(1, 120), TODAY, groups);
    expectNoMove(groups, next);
    expect(ids(next)).toEqual(messages(1, 120).map(({ _id }) => _id));
  });

  const sizes = (groups: readonly LogGroup[]): number[] =>
    groups.map((group) => group.messages.length);
  const ids = (groups: readonly LogGroup[]): string[] =>
    groups.flatMap((group) => group.messages.map(({ _id }) => _id));

  function expectNoMove(before: readonly LogGroup[], after: readonly LogGroup[]): void {
    expect(new Set(after.map(({ key }) => key)).size).toBe(after.length);
    const keys = keysOf(after);
    for (const [id, key] of keysOf(before)) expect(keys.get(id)).toBe(key);
  }

  function keysOf(groups: readonly LogGroup[]): Map<string, string> {
    return new Map(
      groups.flatMap((group) => group.messages.map(({ _id }) => [_id, group.key] as const)),
    );
  }
});
