import { DOCUMENT, DestroyRef, inject } from '@angular/core';

/**
 * When the focused element is removed, such as a button that has done its work, focuses the nearest focusable ancestor,
 * so that keyboard users stay where they were.
 */
export function restoreFocusOnRemoval(): void {
  const document = inject(DOCUMENT);
  let focused: Element | undefined;
  let ancestors: HTMLElement[] = [];
  const remember = ({ target }: FocusEvent): void => {
    if (!(target instanceof Element)) return;
    focused = target;
    ancestors = [];
    for (let parent = target.parentElement; parent; parent = parent.parentElement) {
      if (parent.hasAttribute('tabindex')) ancestors.push(parent);
    }
  };
  const observer = new MutationObserver(() => {
    if (document.activeElement !== document.body || focused?.isConnected !== false) return;
    ancestors.find(({ isConnected }) => isConnected)?.focus({ preventScroll: true });
  });
  document.addEventListener('focusin', remember);
  observer.observe(document.body, { childList: true, subtree: true });
  inject(DestroyRef).onDestroy(() => {
    document.removeEventListener('focusin', remember);
    observer.disconnect();
  });
}
