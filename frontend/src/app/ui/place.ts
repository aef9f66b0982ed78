import { Directive, computed, inject, input } from '@angular/core';
import { Router } from '@angular/router';

/** Marks a link to a place as current while a page of that place is open. */
@Directive({
  selector: 'a[appPlace]',
  host: { '[attr.aria-current]': "isHere() ? 'page' : null" },
})
export class Place {
  readonly #navigation = inject(Router).lastSuccessfulNavigation;

  readonly path = input.required<string>({ alias: 'appPlace' });

  protected readonly isHere = computed(() => {
    const [path = ''] = this.#navigation()?.finalUrl?.toString().split(/[?#]/, 1) ?? [];
    return `${path}/`.startsWith(`${this.path()}/`);
  });
}
