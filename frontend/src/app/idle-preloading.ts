import { Injectable } from '@angular/core';
import { PreloadingStrategy, Route } from '@angular/router';
import { EMPTY, Observable, catchError, switchMap, timer } from 'rxjs';

const IDLE_MS = 500;

/** Loads the other pages once the requested one is on the screen, so that they do not slow it down. */
@Injectable({ providedIn: 'root' })
export class IdlePreloading implements PreloadingStrategy {
  preload(_: Route, load: () => Observable<unknown>): Observable<unknown> {
    // A page that cannot be loaded now is loaded when the user goes there.
    return timer(IDLE_MS).pipe(
      switchMap(load),
      catchError(() => EMPTY),
    );
  }
}
