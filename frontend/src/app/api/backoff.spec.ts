import { backoff } from './backoff';

describe('backoff', () => {
  it('doubles, up to 80 seconds', () => {
    const rests = [1, 2, 3, 6, 7, 60].map((failures) => backoff(failures, () => 1));
    expect(rests).toEqual([2_000, 4_000, 8_000, 64_000, 80_000, 80_000]);
  });

  it('is never less than half of that', () => {
    expect(backoff(1, () => 0)).toBe(1_000);
    expect(backoff(1, () => 0.5)).toBe(1_500);
  });
});
