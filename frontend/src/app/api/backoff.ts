import { InjectionToken } from '@angular/core';
import { Problem } from './problem';

const FIRST_MS = 2_000;
const LONGEST_MS = 80_000;

/** From 0 up to 1. */
export const RANDOM = new InjectionToken<() => number>('random', { factory: () => Math.random });

/**
 * How long to rest after so many failures in a row, in milliseconds: twice as long after each, up to 80 seconds, and
 * between half of that and all of it, so that those who failed together do not come back together.
 */
export function backoff(failures: number, random: () => number): number {
  const longest = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return longest * (0.5 + random() / 2);
}

/**
 * What a Retry-After asks for at least, in milliseconds: by chance up to a quarter longer, but no more than 80 seconds, so
 * that those who were told the same do not come back together. Nothing where it is not there.
 */
export function askedRest({ retryAfterSeconds = 0 }: Problem, random: () => number): number {
  const asked = retryAfterSeconds * 1000;
  return asked + Math.min(asked / 4, LONGEST_MS) * random();
}

/** A backoff, but at least what the answer asks for, in milliseconds. */
export function restAfter(failures: number, problem: Problem, random: () => number): number {
  return Math.max(backoff(failures, random), askedRest(problem, random));
}

/**
 * Calls after this many milliseconds; if the page is hidden or the browser offline by then, as soon as neither is so.
 * Answers how to call it off.
 */
export function callLater(ms: number, call: () => void): () => void {
  const over = new AbortController();
  const { signal } = over;
  const callIfAwake = (): void => {
    if (document.visibilityState !== 'visible' || !navigator.onLine) return;
    over.abort();
    call();
  };
  const timer = setTimeout(() => {
    document.addEventListener('visibilitychange', callIfAwake, { signal });
    window.addEventListener('online', callIfAwake, { signal });
    callIfAwake();
  }, ms);
  return () => {
    clearTimeout(timer);
    over.abort();
  };
}
