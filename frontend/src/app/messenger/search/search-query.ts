import { Injectable, computed, signal } from '@angular/core';

/** What is typed in the search box. What is found is loaded once somebody searches. */
@Injectable()
export class SearchQuery {
  readonly #text = signal('');
  readonly #opensFirst = signal(false);

  /** As typed. */
  readonly text = this.#text.asReadonly();
  readonly isSearching = computed(() => this.#text().trim() !== '');
  /** The first result is to be opened once it is found. */
  readonly opensFirst = this.#opensFirst.asReadonly();

  type(text: string): void {
    this.#text.set(text);
    this.#opensFirst.set(false);
  }

  openFirst(): void {
    this.#opensFirst.set(true);
  }

  opened(): void {
    this.#opensFirst.set(false);
  }
}
