import { Directive, ElementRef, afterNextRender, inject } from '@angular/core';
import { TOUCH_SCREEN } from './touch-screen';

/** Focuses the first field that is empty, or the first one, except where that would open an on-screen keyboard. */
@Directive({ selector: 'form[appAutofocus]' })
export class Autofocus {
  readonly #form = inject<ElementRef<HTMLFormElement>>(ElementRef).nativeElement;

  constructor() {
    afterNextRender(() => {
      if (matchMedia(TOUCH_SCREEN).matches) return;
      const fields = this.#form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(
        ':is(input, textarea):not([hidden])',
      );
      ([...fields].find(({ value }) => value === '') ?? fields[0])?.focus();
    });
  }
}
