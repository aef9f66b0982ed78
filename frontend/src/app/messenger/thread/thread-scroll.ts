import { DestroyRef, ElementRef, Injector, afterNextRender, signal } from '@angular/core';

/** So near to the end still counts as being there. */
const NEAR_PX = 40;

/**
 * Where the reader of a thread is. Its element is reversed (`column-reverse`) and so scrolled from its
 * end: what grows above moves nothing, and what comes below must not move who reads further up.
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
        const look = (): void => {
          this.#isAtEnd.set(Math.abs(nativeElement.scrollTop) < NEAR_PX);
        };
        nativeElement.addEventListener('scroll', look, { passive: true });
        injector.get(DestroyRef).onDestroy(() => {
          nativeElement.removeEventListener('scroll', look);
        });
      },
      { injector },
    );
  }

  toEnd(): void {
    this.element().nativeElement.scrollTop = 0;
  }

  /** Before the screen changes: what the reader sees first stays where it is. */
  holdPlace(): void {
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
