import { DestroyRef, ElementRef, Injector, afterNextRender, signal } from '@angular/core';

/** A position this near to the end counts as the end. */
const NEAR_PX = 40;

/**
 * The scroll position of a thread. Its element is reversed (`column-reverse`), so that its position is measured from the
 * end: content added above moves nothing. Content added below must not move what the user is reading further up.
 */
export class ThreadScroll {
  readonly #isAtEnd = signal(true);
  readonly isAtEnd = this.#isAtEnd.asReadonly();

  constructor(
    private readonly element: () => ElementRef<HTMLElement>,
    private readonly injector: Injector,
  ) {
    afterNextRender(
      () => {
        const { nativeElement } = this.element();
        const update = (): void => {
          this.#isAtEnd.set(Math.abs(nativeElement.scrollTop) < NEAR_PX);
        };
        nativeElement.addEventListener('scroll', update, { passive: true });
        injector.get(DestroyRef).onDestroy(() => {
          nativeElement.removeEventListener('scroll', update);
        });
      },
      { injector },
    );
  }

  toEnd(): void {
    this.element().nativeElement.scrollTop = 0;
  }

  /** Call it before the content changes: the first visible message stays where it is. */
  keepPosition(): void {
    const { nativeElement } = this.element();
    const anchor = firstVisible(nativeElement);
    const before = anchor?.getBoundingClientRect().top ?? 0;
    afterNextRender(
      {
        write: () => {
          if (!anchor?.isConnected) return;
          const moved = anchor.getBoundingClientRect().top - before;
          if (Math.abs(moved) >= 1) nativeElement.scrollTop += moved;
        },
      },
      { injector: this.injector },
    );
  }
}

function firstVisible(scroller: HTMLElement): Element | undefined {
  const { left, top, width, height } = scroller.getBoundingClientRect();
  for (let y = 8; y < height; y += 24) {
    for (const part of [0.85, 0.15, 0.5]) {
      const at = scroller.ownerDocument.elementFromPoint(left + width * part, top + y);
      const bubble = at?.closest('[role="article"]');
      if (bubble) return bubble;
    }
  }
  return undefined;
}
