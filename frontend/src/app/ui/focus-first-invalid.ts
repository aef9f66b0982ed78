import { ElementRef, Injector } from '@angular/core';
import { focusAfterRender } from './focus-after-render';

/** Focuses the first invalid field once it is rendered as such. */
export function focusFirstInvalid(host: ElementRef<HTMLElement>, injector: Injector): void {
  focusAfterRender(host, '[aria-invalid="true"]', injector);
}
