import { ElementRef } from '@angular/core';

type TextField = HTMLInputElement | HTMLTextAreaElement;

/** Nobody can fill in which files are chosen. */
const TEXT_FIELDS = 'input:not([type="file"]), textarea';

/**
 * Browsers do not always fire an event when they fill in a field. Fires one for each field whose text differs from
 * `valueOf`, or for all fields without it.
 */
export function syncAutofill(
  host: ElementRef<HTMLElement>,
  valueOf?: (field: TextField) => string,
): void {
  for (const field of host.nativeElement.querySelectorAll<TextField>(TEXT_FIELDS)) {
    if (valueOf && field.value === asShown(field, valueOf(field))) continue;
    field.dispatchEvent(new Event('input'));
  }
}

/** Text fields normalise line breaks. */
function asShown(field: TextField, value: string): string {
  const copy = field.cloneNode() as TextField;
  copy.value = value;
  return copy.value;
}
