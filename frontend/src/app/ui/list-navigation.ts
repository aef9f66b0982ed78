/** The row that arrows, Home and End lead to from the focused row; undefined for another key, or if no row is focused. */
export function nextIndex(event: KeyboardEvent, rows: readonly EventTarget[]): number | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return undefined;
  const index = rows.findIndex((row) => row === event.target);
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    Home: 0,
    End: rows.length - 1,
  };
  return index < 0 ? undefined : targets[event.key];
}
