/** After the focused element is gone: focuses the last heading of the panel, unless a form in it has focused a field. */
export function focusHeading(panel: HTMLElement): void {
  if (panel.contains(panel.ownerDocument.activeElement)) return;
  [...panel.querySelectorAll<HTMLElement>('h2, h3')].at(-1)?.focus();
}
