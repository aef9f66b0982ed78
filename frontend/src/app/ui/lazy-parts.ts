import { Injectable, computed, inject, signal } from '@angular/core';
import { NavigationEnd, NavigationError, Router } from '@angular/router';

interface Failure {
  /** Undefined if it is the page. */
  readonly part?: () => Promise<unknown>;
  readonly url: string;
}

/** Loads what a page needs later, and knows which scripts and stylesheets could not be loaded. */
@Injectable({ providedIn: 'root' })
export class LazyParts {
  readonly #router = inject(Router);
  readonly #failures = signal<readonly Failure[]>([]);

  /** The address that a reload opens; undefined if nothing has failed. */
  readonly failedUrl = computed(() => this.#failures().at(-1)?.url);

  constructor() {
    this.#router.events.subscribe((event) => {
      if (event instanceof NavigationError) this.#failures.set([{ url: event.url }]);
      else if (event instanceof NavigationEnd) this.#failures.set([]);
    });
  }

  /** Undefined if it fails. A part is known by its function, so the next attempt has to come with the same one. */
  async load<T>(part: () => Promise<T>): Promise<T | undefined> {
    const loaded = await part().catch(() => undefined);
    const others = this.#failures().filter((failure) => failure.part !== part);
    this.#failures.set(loaded ? others : [...others, { part, url: this.#router.url }]);
    return loaded;
  }

  /** For a part that takes the focus: undefined, too, if that has moved on meanwhile. */
  async loadForFocus<T>(part: () => Promise<T>): Promise<T | undefined> {
    const { activeElement } = document;
    const loaded = await this.load(part);
    return document.activeElement === activeElement ? loaded : undefined;
  }
}
