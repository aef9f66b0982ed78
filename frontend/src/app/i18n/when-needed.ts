/** Makes something when it is first asked for, and keeps it: a format of Intl takes a slow phone ten milliseconds. */
export function whenNeeded<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
