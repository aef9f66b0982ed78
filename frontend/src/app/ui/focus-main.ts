/** Focuses the heading of the page, where reading begins; of several, that of the part opened last. */
export function focusMain(document: Document, options: FocusOptions = {}): void {
  const headings = document.querySelectorAll<HTMLElement>(':is(main, [role=main]) h1');
  const heading = [...headings].findLast((candidate) => candidate.checkVisibility());
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus(options);
}

/** After the focused element has been removed or hidden. */
export function focusMainIfLost(document: Document): void {
  const { activeElement, body } = document;
  const isLost =
    activeElement === null || activeElement === body || !activeElement.checkVisibility();
  if (isLost) focusMain(document);
}
