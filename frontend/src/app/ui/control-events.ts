import { Signal } from '@angular/core';
import { toObservable, toSignal } from '@angular/core/rxjs-interop';
import { AbstractControl } from '@angular/forms';
import { startWith, switchMap } from 'rxjs';

/** Forms do not speak in signals yet; this one changes with whatever happens to the control. */
export function controlEvents(control: Signal<AbstractControl>): Signal<unknown> {
  return toSignal(
    toObservable(control).pipe(switchMap(({ events }) => events.pipe(startWith(undefined)))),
    { equal: () => false },
  );
}
