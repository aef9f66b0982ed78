import { DestroyRef, ElementRef, Injector, afterNextRender } from '@angular/core';

/** Focuses the first such element of a component once it is rendered, unless the component is gone: closed while it saved. */
export function focusAfterRender(
  host: ElementRef<HTMLElement>,
  selector: string,
  injector: Injector,
): void {
  if (injector.get(DestroyRef).destroyed) return;
  afterNextRender(() => host.nativeElement.querySelector<HTMLElement>(selector)?.focus(), {
    injector,
  });
}
