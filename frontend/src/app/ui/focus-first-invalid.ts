import { ElementRef, Injector, afterNextRender } from '@angular/core';

/** Focuses the first invalid field once it is rendered as such. */
export function focusFirstInvalid(host: ElementRef<HTMLElement>, injector: Injector): void {
  afterNextRender(
    () => host.nativeElement.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(),
    { injector },
  );
}
