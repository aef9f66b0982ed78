import { Directive } from '@angular/core';

/**
 * Pressing the button does not blur the focused field. Otherwise the field's error would appear, move the button away from
 * under the pointer, and the click would be lost.
 */
@Directive({
  selector: 'button[appKeepFocusOnPress]',
  host: { '(mousedown)': '$event.preventDefault()' },
})
export class KeepFocusOnPress {}
