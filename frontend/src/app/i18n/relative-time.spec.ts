import { relativeTime } from './relative-time';

const now = new Date(2026, 10, 22, 12, 30);

describe('relativeTime', () => {
  it.each([
    [new Date(2026, 10, 22, 12, 31), 'now'],
    [new Date(2026, 10, 22, 12, 29, 30), 'now'],
    [new Date(2026, 10, 22, 12, 25), '5 minutes ago'],
    [new Date(2026, 10, 22, 9), '3 hours ago'],
    [new Date(2026, 10, 21, 23), 'yesterday'],
    [new Date(2026, 10, 12, 9), '10 days ago'],
  ])('says %s as %s', (time, words) => {
    expect(relativeTime(time, now)).toBe(words);
  });
});
