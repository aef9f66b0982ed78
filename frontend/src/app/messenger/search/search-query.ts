import { Injectable, computed, signal } from '@angular/core';

/** What is typed in the search box. What is found is loaded once somebody searches. */
@Injectable()
export class SearchQuery {
  readonly #text = signal('');
  readonly #toOpen = signal<string | undefined>(undefined);

  /** As typed. */
  readonly text = this.#text.asReadonly();
  readonly isSearching = computed(() => this.#text().trim() !== '');
  /** The query whose first result is to be opened once it is found. */
  readonly toOpen = this.#toOpen.asReadonly();

  type(text: string): void {
    this.#text.set(text);
    this.#toOpen.set(undefined);
  }

  openFirst(): void {
    this.#toOpen.set(this.#text());
  }

  opened(): void {
    this.#toOpen.set(undefined);
  }
}
