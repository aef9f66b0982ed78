import { Page } from '@playwright/test';

/** Elements that stick out of their container, have no size, or cannot be scrolled into view. */
export function layoutFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    /** Rounding. */
    const SLACK_PX = 1;
    const SIDEWAYS = ':is(.log-filters__chips, .pictures__list)';
    const faults = new Set<string>();
    const styles = new Map<Element, CSSStyleDeclaration>();
    const styleOf = (element: Element): CSSStyleDeclaration => {
      const style = styles.get(element) ?? getComputedStyle(element);
      styles.set(element, style);
      return style;
    };
    const name = (element: Element): string => {
      const names = [];
      for (let ancestor: Element | null = element; ancestor && names.length < 3;) {
        const [first] = ancestor.classList;
        names.unshift(ancestor.tagName.toLowerCase() + (first ? `.${first}` : ''));
        ancestor = ancestor.parentElement;
      }
      return names.join(' > ');
    };
    const isBox = ({ display }: CSSStyleDeclaration): boolean =>
      display !== 'inline' && display !== 'contents';
    const scrolls = (element: Element): boolean =>
      /auto|scroll/.test(`${styleOf(element).overflowX} ${styleOf(element).overflowY}`);
    /** Content that it clips is no fault. */
    const cuts = (element: Element): boolean => {
      const { overflowX, textOverflow, webkitLineClamp } = styleOf(element);
      return overflowX === 'hidden' && (textOverflow === 'ellipsis' || webkitLineClamp !== 'none');
    };
    /** For screen readers. */
    const isUnseen = (element: Element): boolean => styleOf(element).clipPath !== 'none';
    const first = (element: Element, is: (element: Element) => boolean): Element | null => {
      let ancestor: Element | null = element;
      while (ancestor && !is(ancestor)) ancestor = ancestor.parentElement;
      return ancestor;
    };

    const { scrollingElement } = document;
    if (scrollingElement && scrollingElement.scrollWidth > innerWidth) {
      faults.add(`the document is ${scrollingElement.scrollWidth} px wide`);
    }
    if (scrollingElement && scrollingElement.scrollHeight > innerHeight) {
      faults.add(`the document is ${scrollingElement.scrollHeight} px high`);
    }

    for (const element of document.querySelectorAll<HTMLElement>('body *:not(svg *)')) {
      const isShown = element.checkVisibility({
        contentVisibilityAuto: true,
        visibilityProperty: true,
      });
      if (!isShown) continue;
      // A line that scrolls sideways, on a phone from edge to edge.
      if (element.closest(SIDEWAYS) || element.querySelector(`:scope > ${SIDEWAYS}`)) continue;
      const style = styleOf(element);
      const { left, right, width, height } = element.getBoundingClientRect();
      const tell = (fault: string): void => {
        faults.add(`${name(element)} ${fault}`);
      };

      // Otherwise it does not scroll with it, and enlarges what is around it.
      if (style.position === 'absolute') {
        const scroller = first(element.parentElement ?? element, scrolls);
        if (scroller && element.offsetParent && !scroller.contains(element.offsetParent)) {
          tell(`is placed outside of ${name(scroller)}, in which it stands`);
        }
      }
      if (first(element, isUnseen)) continue;

      const isCut = first(element, cuts);
      if (!isCut && (left < -SLACK_PX || right > innerWidth + SLACK_PX)) {
        tell(`reaches from ${left} to ${right} px`);
      }
      if (isBox(style) && !cuts(element) && !element.matches('input')) {
        if (element.scrollWidth > element.clientWidth + SLACK_PX && element.clientWidth > 0) {
          tell(`has ${element.scrollWidth} px in a width of ${element.clientWidth}`);
        }
        const isOpen = style.overflowY === 'visible' && style.contentVisibility !== 'auto';
        if (isOpen && element.scrollHeight > element.clientHeight + 4 * SLACK_PX) {
          tell(`has ${element.scrollHeight} px in a height of ${element.clientHeight}`);
        }
      }
      const parent = element.parentElement;
      const isInFlow = style.position === 'static' || style.position === 'relative';
      if (parent && isInFlow && !isCut && isBox(style) && isBox(styleOf(parent))) {
        const box = parent.getBoundingClientRect();
        const drawnOut = (margin: string): number => Math.min(0, Number.parseFloat(margin) || 0);
        const out = Math.max(
          box.left - left + drawnOut(style.marginLeft),
          right - box.right + drawnOut(style.marginRight),
        );
        if (out > SLACK_PX) tell(`sticks out of its parent by ${out} px`);
      }
      const says = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
      );
      const shows = says || element.matches('svg, img, button, input:not([hidden]), textarea, a');
      if (shows && style.fontSize !== '0px' && (width < 1 || height < 1)) {
        tell(`shows nothing: ${width} × ${height} px`);
      }
    }
    return [...faults];
  });
}

/** From the next load on: records whenever something is scrolled that must never be. */
export async function watchPage(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const moved: string[] = [];
    Object.assign(window, { moved });
    document.addEventListener(
      'scroll',
      ({ target }) => {
        const element = target === document ? document.scrollingElement : (target as Element);
        if (!element?.matches('html, body, app-root, app-signed-in-layout, .messenger-page'))
          return;
        if (element.scrollTop === 0 && element.scrollLeft === 0) return;
        const by = `${element.scrollLeft}, ${element.scrollTop}`;
        moved.push(`${element.tagName.toLowerCase()} was scrolled by ${by} px`);
        // Resets it for the next step.
        element.scrollTo(0, 0);
      },
      { capture: true, passive: true },
    );
  });
}

/** Scrolls visually hidden elements into view, as a link or a screen reader does. */
export function showHidden(page: Page): Promise<void> {
  return page.evaluate(() => {
    for (const hidden of document.querySelectorAll('.visually-hidden')) hidden.scrollIntoView();
  });
}

/** What has been scrolled since the last call although it must not, and what is out of sight although it must be visible. */
export function displaced(page: Page, parts: readonly string[]): Promise<string[]> {
  return page.evaluate(async (parts) => {
    // A step takes effect one frame later, and a browser without a screen may draw none any more.
    await new Promise((done) => {
      requestAnimationFrame(() => requestAnimationFrame(done));
      setTimeout(done, 5_000);
    });
    const { moved } = window as unknown as { moved: string[] };
    const found = moved.splice(0);
    for (const part of parts) {
      const box = document.querySelector(part)?.getBoundingClientRect();
      const isThere =
        box &&
        box.width > 0 &&
        box.height > 0 &&
        box.left >= -1 &&
        box.top >= -1 &&
        box.right <= innerWidth + 1 &&
        box.bottom <= innerHeight + 1;
      if (!isThere) found.push(`${part} is not in sight: ${JSON.stringify(box)}`);
    }
    return found;
  }, parts);
}
