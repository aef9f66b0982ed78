import { OPENS_AT_PX, TouchPoint, canBeginAt, courseOf, pullOf } from './swipe-course';

const REDUCED_MOTION = '(prefers-reduced-motion: reduce)';

/** The element is zoomed in on: a finger that moves sideways moves the page. */
const ZOOMED = 'is-zoomed';
/** Letting go would open it. */
const PULLED = 'is-pulled';

interface Swipe {
  readonly part: HTMLElement;
  readonly pointerId: number;
  readonly start: TouchPoint;
  isRecognized: boolean;
  left: number;
}

/**
 * Calls back when a finger has swiped a part of this element to the left. Meanwhile the part has the class `is-pulled` once
 * it is far enough, and its custom property `--pull` says how far it follows; not where reduced motion is preferred. The
 * stylesheet must leave sideways movements to this (`touch-action`), except while the element has the class `is-zoomed`.
 * Returns a function that ends it.
 */
export function onSwipe(
  element: HTMLElement,
  parts: string,
  run: (part: HTMLElement) => void,
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
      swipe = { part, pointerId, start: pointOf(event), isRecognized: false, left: 0 };
    },
    options,
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      if (event.pointerId !== swipe?.pointerId) return;
      const now = pointOf(event);
      if (!swipe.isRecognized) {
        const course = courseOf(swipe.start, now);
        if (course === 'other') release();
        if (course !== 'swipe') return;
        swipe.isRecognized = true;
      }
      swipe.left = swipe.start.x - now.x;
      swipe.part.classList.toggle(PULLED, swipe.left >= OPENS_AT_PX);
      if (matchMedia(REDUCED_MOTION).matches) return;
      swipe.part.style.setProperty('--pull', `${pullOf(swipe.left)}px`);
    },
    options,
  );
  element.addEventListener(
    'pointerup',
    ({ pointerId }) => {
      if (pointerId !== swipe?.pointerId) return;
      const { part, left, isRecognized } = swipe;
      release();
      if (isRecognized && left >= OPENS_AT_PX) run(part);
    },
    options,
  );
  element.addEventListener('pointercancel', release, options);
  const onZoom = (): void => {
    element.classList.toggle(ZOOMED, isZoomed());
  };
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
