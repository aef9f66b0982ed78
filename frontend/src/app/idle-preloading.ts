import { Injectable } from '@angular/core';
import { PreloadingStrategy, Route } from '@angular/router';
import { EMPTY, Observable, catchError, switchMap, timer } from 'rxjs';

const REST_MS = 500;

/** The other pages load when the one that was asked for is on the screen, and take nothing away from it. */
@Injectable({ providedIn: 'root' })
export class PreloadAtRest implements PreloadingStrategy {
  preload(_: Route, load: () => Observable<unknown>): Observable<unknown> {
    // What cannot be loaded now is asked for again when somebody goes there.
    return timer(REST_MS).pipe(
      switchMap(load),
      catchError(() => EMPTY),
    );
  }
}
