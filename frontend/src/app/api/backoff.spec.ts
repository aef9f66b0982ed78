import { backoff, retryDelay } from './backoff';
import { toProblem } from './problem';

describe('backoff', () => {
  it('doubles, up to 80 seconds', () => {
    const rests = [1, 2, 3, 6, 7, 60].map((failures) => backoff(failures, () => 1));
    expect(rests).toEqual([2_000, 4_000, 8_000, 64_000, 80_000, 80_000]);
  });

  it('has at most half of it as jitter', () => {
    expect(backoff(1, () => 0)).toBe(1_000);
    expect(backoff(1, () => 0.5)).toBe(1_500);
  });
});

describe('retryDelay', () => {
  const rest = (failures: number, retryAfterSeconds: number | undefined, random: number) =>
    retryDelay(failures, { ...toProblem(undefined), retryAfterSeconds }, () => random);

  it('is the backoff if the response asks for no delay, or a shorter one', () => {
    expect(rest(3, undefined, 0.5)).toBe(6_000);
    expect(rest(3, 1, 0.5)).toBe(6_000);
  });

  it('is what the response asks for, plus a jitter of up to a quarter', () => {
    expect(rest(1, 60, 0)).toBe(60_000);
    expect(rest(1, 60, 1)).toBe(75_000);
  });

  it('has a jitter of at most 80 seconds', () => {
    expect(rest(1, 3600, 1)).toBe(3_680_000);
  });
});
