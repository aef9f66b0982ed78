import { DOCUMENT, Injector, afterNextRender, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { NavigationEnd, Router } from '@angular/router';
import { filter, skip } from 'rxjs';
import { focusMain } from './focus-main';

/** Where another page has taken the place of what had the focus, its heading gets it, and is read out. */
export function keepFocus(router: Router): void {
  const document = inject(DOCUMENT);
  const injector = inject(Injector);
  router.events
    .pipe(
      filter((event) => event instanceof NavigationEnd),
      // Who opens the page starts at its top, as on any other.
      skip(1),
      takeUntilDestroyed(),
    )
    .subscribe(() => {
      afterNextRender(
        () => {
          if (isLost(document)) focusMain(document);
        },
        { injector },
      );
    });
}

function isLost({ activeElement, body }: Document): boolean {
  return activeElement === null || activeElement === body || !activeElement.checkVisibility();
}
