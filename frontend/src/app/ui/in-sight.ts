import { Directive, ElementRef, afterNextRender, inject, signal, DestroyRef } from '@angular/core';

/** Whether a part of the element is on the screen: laid out, scrolled to, and not hidden. A hidden page changes nothing. */
@Directive({ selector: '[appInSight]' })
export class InSight {
  readonly #isInSight = signal(false);
  readonly isInSight = this.#isInSight.asReadonly();

  constructor() {
    const { nativeElement } = inject<ElementRef<HTMLElement>>(ElementRef);
    const destroyRef = inject(DestroyRef);
    afterNextRender(() => {
      const observer = new IntersectionObserver((entries) => {
        this.#isInSight.set(entries.at(-1)?.isIntersecting ?? false);
      });
      observer.observe(nativeElement);
      destroyRef.onDestroy(() => {
        observer.disconnect();
      });
    });
  }
}
