import { ElementRef, Injector, afterNextRender } from '@angular/core';

/** Leads to what has to be mended, once it is marked on the screen. */
export function focusFirstInvalid(host: ElementRef<HTMLElement>, injector: Injector): void {
  afterNextRender(
    () => host.nativeElement.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(),
    { injector },
  );
}
