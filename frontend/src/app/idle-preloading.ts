import { Injectable } from '@angular/core';
import { PreloadingStrategy, Route } from '@angular/router';
import { EMPTY, Observable, catchError, from, switchMap } from 'rxjs';

/** By then a slow phone has done all that the first page needs. */
const IDLE_MS = 8000;

/** Loads the other pages once somebody uses the first one, or after a while, so that they do not slow it down. */
@Injectable({ providedIn: 'root' })
export class IdlePreloading implements PreloadingStrategy {
  readonly #begin = new Promise((begin) => {
    setTimeout(begin, IDLE_MS);
    addEventListener('keydown', begin);
    addEventListener('pointerdown', begin);
  });

  preload(_: Route, load: () => Observable<unknown>): Observable<unknown> {
    // A page that cannot be loaded now is loaded when the user goes there.
    return from(this.#begin).pipe(
      switchMap(load),
      catchError(() => EMPTY),
    );
  }
}
