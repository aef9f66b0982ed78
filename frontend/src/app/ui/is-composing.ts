/**
 * Whether the key is an input method's, and nobody else's. Safari ends the composition before it tells of the key that
 * ended it: then only the old code says so.
 */
export function isComposing(event: KeyboardEvent): boolean {
  const { keyCode }: { readonly keyCode: number } = event;
  return event.isComposing || keyCode === 229;
}
