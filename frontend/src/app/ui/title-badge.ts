import { DOCUMENT, DestroyRef, Injectable, inject } from '@angular/core';

/** "(2) Messages": counts changes in the page's title while the page is hidden. */
@Injectable({ providedIn: 'root' })
export class TitleBadge {
  readonly #document = inject(DOCUMENT);
  #count = 0;

  constructor() {
    const clear = (): void => {
      if (!this.#document.hidden) this.#show(0);
    };
    this.#document.addEventListener('visibilitychange', clear);
    inject(DestroyRef).onDestroy(() => {
      this.#document.removeEventListener('visibilitychange', clear);
      this.#show(0);
    });
  }

  /** Changes that the user would want to come back for. */
  count(changes = 1): void {
    if (this.#document.hidden) this.#show(this.#count + changes);
  }

  #show(count: number): void {
    this.#count = count;
    const plain = this.#document.title.replace(/^\(\d+\) /, '');
    this.#document.title = count > 0 ? `(${count}) ${plain}` : plain;
  }
}
