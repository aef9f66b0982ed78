import { Directive, input } from '@angular/core';

/** A button at work. It keeps its place and the focus, which `disabled` would take from it. */
@Directive({
  selector: 'button[appBusy]',
  host: { '[attr.aria-disabled]': 'appBusy()', '[attr.aria-busy]': 'appBusy()' },
})
export class Busy {
  readonly appBusy = input.required<boolean>();
}
