import { DOCUMENT, DestroyRef, Signal, effect, inject } from '@angular/core';

/** Shows the tab's icon with a dot, which the browser loads when it is needed. Must be called in an injection context. */
export function showDotInFavicon(isShown: Signal<boolean>): void {
  const icon = inject(DOCUMENT).querySelector('link[rel=icon]');
  const show = (withDot: boolean): void => {
    icon?.setAttribute('href', withDot ? '/favicon-unread.svg' : '/favicon.svg');
  };
  effect(() => {
    show(isShown());
  });
  inject(DestroyRef).onDestroy(() => {
    show(false);
  });
}
