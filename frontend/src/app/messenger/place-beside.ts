const FROM_EDGE_PX = 8;

/** Places a menu below an element, or above it where there is no room, within the window. */
export function placeBeside(menu: HTMLElement, anchor: Element): void {
  const { top, bottom, left, right } = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const isAtEnd = left + right > innerWidth;
  const x = isAtEnd ? right - width : left;
  const below = bottom + FROM_EDGE_PX / 2;
  const y = below + height + FROM_EDGE_PX > innerHeight ? top - height - FROM_EDGE_PX / 2 : below;
  menu.style.left = `${Math.max(FROM_EDGE_PX, Math.min(x, innerWidth - width - FROM_EDGE_PX))}px`;
  menu.style.top = `${Math.max(FROM_EDGE_PX, Math.min(y, innerHeight - height - FROM_EDGE_PX))}px`;
}
