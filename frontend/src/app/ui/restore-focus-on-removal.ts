import { DOCUMENT, DestroyRef, inject } from '@angular/core';

/**
 * Where what has the focus is taken away, as a button that has done its work, the nearest around it that can have the
 * focus gets it: who goes by keyboard stays where they were.
 */
export function holdFocus(): void {
  const document = inject(DOCUMENT);
  let held: Element | undefined;
  let around: HTMLElement[] = [];
  const remember = ({ target }: FocusEvent): void => {
    if (!(target instanceof Element)) return;
    held = target;
    around = [];
    for (let place = target.parentElement; place; place = place.parentElement) {
      if (place.hasAttribute('tabindex')) around.push(place);
    }
  };
  const observer = new MutationObserver(() => {
    if (document.activeElement !== document.body || held?.isConnected !== false) return;
    around.find(({ isConnected }) => isConnected)?.focus({ preventScroll: true });
  });
  document.addEventListener('focusin', remember);
  observer.observe(document.body, { childList: true, subtree: true });
  inject(DestroyRef).onDestroy(() => {
    document.removeEventListener('focusin', remember);
    observer.disconnect();
  });
}
