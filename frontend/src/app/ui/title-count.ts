import { DOCUMENT, DestroyRef, Signal, effect, inject } from '@angular/core';

/** "(2) Messages": shows a count before the page's title, whichever page is open. Must be called in an injection context. */
export function showCountInTitle(count: Signal<number>): void {
  const document = inject(DOCUMENT);
  const show = (shown: number): void => {
    const plain = document.title.replace(/^\(\d+\) /, '');
    const title = shown > 0 ? `(${shown}) ${plain}` : plain;
    if (title !== document.title) document.title = title;
  };
  effect(() => {
    show(count());
  });
  // The router sets the title of a page that is opened.
  const observer = new MutationObserver(() => {
    show(count());
  });
  observer.observe(document.head, { childList: true, characterData: true, subtree: true });
  inject(DestroyRef).onDestroy(() => {
    observer.disconnect();
    show(0);
  });
}
