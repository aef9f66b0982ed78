import { Directive, ElementRef, afterNextRender, inject } from '@angular/core';

/** A form that is ready to type into, except where that would bring up a keyboard over the screen. */
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
