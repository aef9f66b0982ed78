import { Directive } from '@angular/core';

/**
 * Pressing the button does not leave the field first: what would then be said there moves the button away from under
 * the pointer, and the click is lost.
 */
@Directive({
  selector: 'button[appSteadySubmit]',
  host: { '(mousedown)': '$event.preventDefault()' },
})
export class SteadySubmit {}
