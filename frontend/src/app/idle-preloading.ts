import { Injectable } from '@angular/core';
import { PreloadingStrategy, Route } from '@angular/router';
import { EMPTY, Observable, catchError, from, switchMap } from 'rxjs';

/** By then a slow phone has done all that the first page needs. */
const IDLE_MS = 10_000;
/** All at once would keep a slow phone busy for longer than a tap may wait. */
const APART_MS = 200;

/** Loads the other pages once somebody uses the first one, or after a while, so that they do not slow it down. */
@Injectable({ providedIn: 'root' })
export class IdlePreloading implements PreloadingStrategy {
  #turn = new Promise<unknown>((begin) => {
    setTimeout(begin, IDLE_MS);
    addEventListener('keydown', begin);
    addEventListener('pointerdown', begin);
  });

  preload(_: Route, load: () => Observable<unknown>): Observable<unknown> {
    const turn = this.#turn;
    this.#turn = turn.then(() => new Promise((end) => setTimeout(end, APART_MS)));
    // A page that cannot be loaded now is loaded when the user goes there.
    return from(turn).pipe(
      switchMap(load),
      catchError(() => EMPTY),
    );
  }
}
