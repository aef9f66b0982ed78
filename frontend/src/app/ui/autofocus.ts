import { Directive, ElementRef, afterNextRender, inject } from '@angular/core';

/** Focuses the first field, except where that would open an on-screen keyboard. */
@Directive({ selector: 'form[appAutofocus]' })
export class Autofocus {
  readonly #form = inject<ElementRef<HTMLFormElement>>(ElementRef).nativeElement;

  constructor() {
    afterNextRender(() => {
      if (!matchMedia('(pointer: fine)').matches) return;
      this.#form.querySelector<HTMLElement>('input, textarea')?.focus();
    });
  }
}
