/** How far a finger has to go, and how far it drags something at most. */
export const OPENS_AT_PX = 56;
const MAX_PULL_PX = 80;
/** A finger that moves less than this rests or taps. */
const STILL_PX = 10;
/** One that rests longer before it moves has pressed. */
const BEGINS_WITHIN_MS = 500;
/** There, the browser or the phone takes a swipe as going back or forward. */
const EDGE_PX = 24;

/** Towards which sides something can be swiped. */
export type Sides = 'left' | 'both';

export interface TouchPoint {
  readonly x: number;
  readonly y: number;
  /** In milliseconds. */
  readonly at: number;
}

/** A swipe does not begin at the edges of the window. */
export function canBeginAt(x: number, windowWidth: number): boolean {
  return x >= EDGE_PX && x <= windowWidth - EDGE_PX;
}

/** What a touch turns out to be; undefined while it has not moved enough to tell. */
export function courseOf(
  start: TouchPoint,
  now: TouchPoint,
  sides: Sides = 'left',
): 'swipe' | 'other' | undefined {
  const left = sides === 'both' ? Math.abs(start.x - now.x) : start.x - now.x;
  const across = Math.abs(now.y - start.y);
  if (Math.hypot(left, across) <= STILL_PX) return undefined;
  return left > 2 * across && now.at - start.at < BEGINS_WITHIN_MS ? 'swipe' : 'other';
}

/** How far what is swiped follows: with the finger, and behind it once it has gone far enough. */
export function pullOf(left: number): number {
  if (left <= OPENS_AT_PX) return Math.max(0, left);
  return Math.min(MAX_PULL_PX, OPENS_AT_PX + (left - OPENS_AT_PX) / 3);
}
