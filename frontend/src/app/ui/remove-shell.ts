import { DOCUMENT, Injector, afterNextRender, inject } from '@angular/core';
import { NavigationEnd, NavigationError, Router } from '@angular/router';
import { first } from 'rxjs';

/** Removes what index.html shows before any script has run, once the first page has been rendered in front of it. */
export function removeShell(router: Router): void {
  const document = inject(DOCUMENT);
  const injector = inject(Injector);
  router.events
    .pipe(first((event) => event instanceof NavigationEnd || event instanceof NavigationError))
    .subscribe(() => {
      afterNextRender(
        () => {
          for (const shell of document.querySelectorAll('.shell')) shell.remove();
        },
        { injector },
      );
    });
}
