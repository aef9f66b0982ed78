/**
 * Whether the key belongs to an input method (IME). Safari ends the composition before it fires the event of the key
 * that ended it: then only the legacy key code 229 tells.
 */
export function isComposing(event: KeyboardEvent): boolean {
  const { keyCode }: { readonly keyCode: number } = event;
  return event.isComposing || keyCode === 229;
}
