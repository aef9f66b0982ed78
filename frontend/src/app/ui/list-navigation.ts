/** Where arrows, Home and End lead from the row that has the focus; undefined for any other key or place. */
export function nextPlace(event: KeyboardEvent, rows: readonly EventTarget[]): number | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return undefined;
  const place = rows.findIndex((row) => row === event.target);
  const places: Readonly<Record<string, number>> = {
    ArrowDown: place + 1,
    ArrowUp: place - 1,
    Home: 0,
    End: rows.length - 1,
  };
  return place < 0 ? undefined : places[event.key];
}
