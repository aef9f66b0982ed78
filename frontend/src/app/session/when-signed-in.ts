import { inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { filter } from 'rxjs';
import { SessionStore } from './session-store';

/** In an injection context: runs the work whenever there are tokens of a user, and so possibly of another one. */
export function whenSignedIn(work: () => unknown): void {
  inject(SessionStore)
    .statusChanges.pipe(
      filter((status) => status === 'signed-in'),
      takeUntilDestroyed(),
    )
    .subscribe(work);
}
