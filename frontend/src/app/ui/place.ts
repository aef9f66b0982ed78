import { Directive, Signal, computed, inject, input } from '@angular/core';
import { Router } from '@angular/router';

/** In an injection context: whether a page of this place is open. */
export function isAtPlace(place: () => string): Signal<boolean> {
  const navigation = inject(Router).lastSuccessfulNavigation;
  return computed(() => {
    const [path = ''] = navigation()?.finalUrl?.toString().split(/[?#]/, 1) ?? [];
    return `${path}/`.startsWith(`${place()}/`);
  });
}

/** Marks a link to a place as current while a page of that place is open. */
@Directive({
  selector: 'a[appPlace]',
  host: { '[attr.aria-current]': "isHere() ? 'page' : null" },
})
export class Place {
  readonly path = input.required<string>({ alias: 'appPlace' });

  protected readonly isHere = isAtPlace(this.path);
}
