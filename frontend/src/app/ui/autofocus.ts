import { Directive, ElementRef, afterNextRender, inject, input } from '@angular/core';
import { TOUCH_SCREEN } from './touch-screen';

/** Focuses the first field that is empty, or the first one, except where that would open an on-screen keyboard. */
@Directive({ selector: 'form[appAutofocus]' })
export class Autofocus {
  /** `unless-focused`: not from what has the focus, as for a form that appears by itself. */
  readonly appAutofocus = input<'' | 'unless-focused'>('');

  readonly #form = inject<ElementRef<HTMLFormElement>>(ElementRef).nativeElement;

  constructor() {
    afterNextRender(() => {
      if (matchMedia(TOUCH_SCREEN).matches) return;
      const hasFocus = document.activeElement !== document.body;
      if (this.appAutofocus() === 'unless-focused' && hasFocus) return;
      const fields = this.#form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(
        ':is(input, textarea):not([hidden])',
      );
      ([...fields].find(({ value }) => value === '') ?? fields[0])?.focus();
    });
  }
}
