const HELD_FOR_MS = 500;
/** A finger that moves further scrolls. */
const STILL_PX = 10;
/** The click that a release makes comes at once. */
const CLICK_AFTER_MS = 100;

/**
 * Calls back once a finger has rested on a part of this element, unless it is on a link or button in that part: the browser
 * has a menu of its own for links. Where the release makes a click, it is ignored, since it would hit what has opened below the finger. Returns a
 * function that ends it.
 */
export function onLongPress(
  element: HTMLElement,
  parts: string,
  run: (part: HTMLElement) => void,
): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  let pressed: { x: number; y: number; timer: ReturnType<typeof setTimeout> } | undefined;
  let isTouched = false;
  let hasRun = false;
  const release = (): void => {
    clearTimeout(pressed?.timer);
    pressed = undefined;
  };
  const partOf = ({ target }: Event): HTMLElement | null => {
    const part = (target as Element).closest<HTMLElement>(parts);
    const control = (target as Element).closest('a, button');
    return control === part || !part?.contains(control) ? part : null;
  };
  element.addEventListener(
    'pointerdown',
    (event) => {
      release();
      isTouched = event.pointerType === 'touch';
      const part = partOf(event);
      if (!isTouched || !part || !event.isPrimary) return;
      const timer = setTimeout(() => {
        release();
        hasRun = true;
        run(part);
      }, HELD_FOR_MS);
      pressed = { x: event.clientX, y: event.clientY, timer };
    },
    { signal, passive: true },
  );
  element.addEventListener(
    'pointermove',
    ({ clientX, clientY }) => {
      if (!pressed) return;
      if (Math.hypot(clientX - pressed.x, clientY - pressed.y) > STILL_PX) release();
    },
    { signal, passive: true },
  );
  for (const type of ['pointerup', 'pointercancel', 'scroll']) {
    element.addEventListener(type, release, { signal, passive: true });
  }
  const forget = (): void => {
    hasRun = false;
  };
  // The element may be behind a dialog by now.
  window.addEventListener('pointerdown', forget, { signal, capture: true });
  for (const type of ['pointerup', 'pointercancel']) {
    const onRelease = (): void => {
      if (hasRun) setTimeout(forget, CLICK_AFTER_MS);
    };
    window.addEventListener(type, onRelease, { signal, capture: true });
  }
  window.addEventListener(
    'click',
    (event) => {
      if (!hasRun) return;
      forget();
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { signal, capture: true },
  );
  element.addEventListener(
    'contextmenu',
    (event) => {
      if (isTouched && partOf(event)) event.preventDefault();
    },
    { signal },
  );
  return () => {
    release();
    listening.abort();
  };
}
