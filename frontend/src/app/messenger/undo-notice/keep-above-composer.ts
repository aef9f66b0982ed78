import { DestroyRef, ElementRef, afterEveryRender, inject } from '@angular/core';

const GAP_PX = 8;

/**
 * Keeps the host of a component where what is being written stays in sight, however long it is, and the list beside it.
 * Where nothing is written, the place in the stylesheet stays. In an injection context.
 */
export function keepAboveComposer(): void {
  const notice = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
  const keep = (): void => {
    place(notice);
  };
  // What is written may grow meanwhile, and the conversation be left.
  afterEveryRender(keep);
  addEventListener('resize', keep);
  inject(DestroyRef).onDestroy(() => {
    removeEventListener('resize', keep);
  });
}

function place(notice: HTMLElement): void {
  const composer = notice.ownerDocument.querySelector('.composer__writing, .closed-composer');
  const [box] = composer?.getClientRects() ?? [];
  const { style } = notice;
  if (!box) {
    style.left = style.maxWidth = style.bottom = '';
    return;
  }
  style.left = `${box.left + box.width / 2}px`;
  style.maxWidth = `${box.width}px`;
  const most = `100dvh - ${notice.offsetHeight + GAP_PX}px`;
  style.bottom = `min(${innerHeight - box.top + GAP_PX}px, ${most})`;
}
