import { ElementRef } from '@angular/core';

type TextField = HTMLInputElement | HTMLTextAreaElement;

/**
 * What a browser fills in by itself, it does not always tell the form of. Fields that show what the form `holds` are
 * left alone; without it, the form is told of all.
 */
export function takeFilledIn(
  host: ElementRef<HTMLElement>,
  holds?: (field: TextField) => string,
): void {
  for (const field of host.nativeElement.querySelectorAll<TextField>('input, textarea')) {
    if (holds && field.value === shownBy(field, holds(field))) continue;
    field.dispatchEvent(new Event('input'));
  }
}

/** Fields write line breaks their own way. */
function shownBy(field: TextField, value: string): string {
  const copy = field.cloneNode() as TextField;
  copy.value = value;
  return copy.value;
}
