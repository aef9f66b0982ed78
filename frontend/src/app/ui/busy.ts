import { Directive, input } from '@angular/core';

/** Marks a button as busy. Unlike `disabled`, this keeps the focus on it. */
@Directive({
  selector: 'button[appBusy]',
  host: { '[attr.aria-disabled]': 'appBusy()', '[attr.aria-busy]': 'appBusy()' },
})
export class Busy {
  readonly appBusy = input.required<boolean>();
}
