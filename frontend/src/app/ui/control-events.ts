import { Signal } from '@angular/core';
import { toObservable, toSignal } from '@angular/core/rxjs-interop';
import { AbstractControl } from '@angular/forms';
import { startWith, switchMap } from 'rxjs';

/** A signal that changes with every event of the control: its value, its validity, whether it was touched. */
export function controlEvents(control: Signal<AbstractControl>): Signal<unknown> {
  return toSignal(
    toObservable(control).pipe(switchMap(({ events }) => events.pipe(startWith(undefined)))),
    { equal: () => false },
  );
}
