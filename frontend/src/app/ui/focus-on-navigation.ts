import { DOCUMENT, Injector, afterNextRender, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { NavigationEnd, Router } from '@angular/router';
import { filter, skip } from 'rxjs';
import { focusMainIfLost } from './focus-main';

/** Where a navigation has removed the focused element, focuses the heading of the new page, which screen readers read out. */
export function focusOnNavigation(router: Router): void {
  const document = inject(DOCUMENT);
  const injector = inject(Injector);
  router.events
    .pipe(
      filter((event) => event instanceof NavigationEnd),
      // The first page starts at its top, as any page does.
      skip(1),
      takeUntilDestroyed(),
    )
    .subscribe(() => {
      afterNextRender(
        () => {
          focusMainIfLost(document);
        },
        { injector },
      );
    });
}
