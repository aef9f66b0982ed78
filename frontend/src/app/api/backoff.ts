import { InjectionToken } from '@angular/core';
import { PageActivity } from './page-activity';
import { Problem } from './problem';

const FIRST_MS = 2_000;
const LONGEST_MS = 80_000;

/** From 0 (inclusive) to 1 (exclusive), as Math.random. */
export const RANDOM = new InjectionToken<() => number>('random', { factory: () => Math.random });

/**
 * The backoff after so many failures in a row, in milliseconds: doubled with each, up to 80 seconds, of which the jitter
 * takes up to a half, so that clients that failed together do not come back together.
 */
export function backoff(failures: number, random: () => number): number {
  const longest = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return longest * (0.5 + random() / 2);
}

/**
 * The delay that a Retry-After asks for, in milliseconds, plus a jitter of up to a quarter of it (at most 80 seconds), so
 * that clients that were told the same do not come back together. 0 without a Retry-After.
 */
export function retryAfterDelay({ retryAfterSeconds = 0 }: Problem, random: () => number): number {
  const delay = retryAfterSeconds * 1000;
  return delay + Math.min(delay / 4, LONGEST_MS) * random();
}

/** The backoff, or the delay that the response asks for if that is longer, in milliseconds. */
export function retryDelay(failures: number, problem: Problem, random: () => number): number {
  return Math.max(backoff(failures, random), retryAfterDelay(problem, random));
}

/**
 * Calls after this many milliseconds, or, if the page is not in use or the API out of reach then, as soon as the page is
 * in use and the network back. Returns a function that cancels the call.
 */
export function callWhenActive(
  ms: number,
  activity: PageActivity,
  isReachable: () => boolean,
  call: () => void,
): () => void {
  const done = new AbortController();
  const { signal } = done;
  const callIfActive = (): void => {
    if (!activity.isActive() || !isReachable()) return;
    done.abort();
    call();
  };
  const timer = setTimeout(() => {
    const changes = activity.changes.subscribe(callIfActive);
    signal.addEventListener('abort', () => {
      changes.unsubscribe();
    });
    window.addEventListener('online', callIfActive, { signal });
    callIfActive();
  }, ms);
  return () => {
    clearTimeout(timer);
    done.abort();
  };
}
