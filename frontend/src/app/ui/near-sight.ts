import { Directive, ElementRef, effect, inject, input, output } from '@angular/core';

/** A page is loaded before its edge comes into sight. */
const MARGIN = '400px 0px';

/** Says when the element comes near the visible part of its scroller, and says so anew for each value while it is there. */
@Directive({ selector: '[appNearSight]' })
export class NearSight {
  readonly appNearSight = input.required<unknown>();
  readonly reached = output();

  constructor() {
    const { nativeElement } = inject<ElementRef<HTMLElement>>(ElementRef);
    effect((onCleanup) => {
      this.appNearSight();
      const observer = new IntersectionObserver(
        (entries) => {
          if (entries.some(({ isIntersecting }) => isIntersecting)) this.reached.emit();
        },
        { root: nativeElement.closest('.scroller'), rootMargin: MARGIN },
      );
      observer.observe(nativeElement);
      onCleanup(() => {
        observer.disconnect();
      });
    });
  }
}
