import { OPENS_AT_PX, Sides, TouchPoint, canBeginAt, courseOf, pullOf } from './swipe-course';

const REDUCED_MOTION = '(prefers-reduced-motion: reduce)';

/** The element is zoomed in on: a finger that moves sideways moves the page. */
const ZOOMED = 'is-zoomed';
/** Letting go would call back. */
const PULLED = 'is-pulled';

interface Swipe {
  readonly part: HTMLElement;
  readonly pointerId: number;
  readonly start: TouchPoint;
  isRecognized: boolean;
  /** 1 for the left, -1 for the right. */
  side: 1 | -1;
  /** How far towards that side. */
  distance: number;
}

/**
 * Calls back when a finger has swiped a part of this element to the left (1), or also to the right (-1). Meanwhile the part
 * has the class `is-pulled` once it is far enough, and its custom property `--pull` says how far it follows; not where reduced
 * motion is preferred. The stylesheet must leave sideways movements to this (`touch-action`), except while the element has the
 * class `is-zoomed`. Returns a function that ends it.
 */
export function onSwipe(
  element: HTMLElement,
  parts: string,
  run: (part: HTMLElement, side: 1 | -1) => void,
  sides: Sides = 'left',
): () => void {
  const listening = new AbortController();
  const options = { signal: listening.signal, passive: true };
  let swipe: Swipe | undefined;

  const release = (): void => {
    swipe?.part.classList.remove(PULLED);
    swipe?.part.style.removeProperty('--pull');
    swipe = undefined;
  };
  element.addEventListener(
    'pointerdown',
    (event) => {
      release();
      const { target, pointerType, isPrimary, pointerId, clientX } = event;
      const part = target instanceof Element ? target.closest<HTMLElement>(parts) : null;
      if (!part || pointerType !== 'touch' || !isPrimary) return;
      if (isZoomed() || !canBeginAt(clientX, innerWidth)) return;
      swipe = { part, pointerId, start: pointOf(event), isRecognized: false, side: 1, distance: 0 };
    },
    options,
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      if (event.pointerId !== swipe?.pointerId) return;
      const now = pointOf(event);
      if (!swipe.isRecognized) {
        const course = courseOf(swipe.start, now, sides);
        if (course === 'other') release();
        if (course !== 'swipe') return;
        swipe.isRecognized = true;
        swipe.side = now.x > swipe.start.x ? -1 : 1;
      }
      swipe.distance = (swipe.start.x - now.x) * swipe.side;
      swipe.part.classList.toggle(PULLED, swipe.distance >= OPENS_AT_PX);
      if (matchMedia(REDUCED_MOTION).matches) return;
      swipe.part.style.setProperty('--pull', `${pullOf(swipe.distance) * swipe.side}px`);
    },
    options,
  );
  element.addEventListener(
    'pointerup',
    ({ pointerId }) => {
      if (pointerId !== swipe?.pointerId) return;
      const { part, side, distance, isRecognized } = swipe;
      release();
      if (isRecognized && distance >= OPENS_AT_PX) run(part, side);
    },
    options,
  );
  element.addEventListener('pointercancel', release, options);
  const onZoom = (): void => {
    element.classList.toggle(ZOOMED, isZoomed());
  };
  onZoom();
  window.visualViewport?.addEventListener('resize', onZoom, options);
  return () => {
    release();
    listening.abort();
  };
}

function pointOf({ clientX, clientY, timeStamp }: PointerEvent): TouchPoint {
  return { x: clientX, y: clientY, at: timeStamp };
}

function isZoomed(): boolean {
  return (window.visualViewport?.scale ?? 1) > 1.01;
}
