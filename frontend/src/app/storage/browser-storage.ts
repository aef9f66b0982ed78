import { Injectable, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { fromEvent } from 'rxjs';

/**
 * The browser's storage, shared by its tabs. An entry that cannot be stored, because storage is blocked, absent or full,
 * is held in the memory of this tab, takes precedence over a stored one, and is stored once that is possible.
 */
@Injectable({ providedIn: 'root' })
export class BrowserStorage {
  /** Another tab has written or removed an entry, or all (`key` is null). */
  readonly changes = fromEvent<StorageEvent>(window, 'storage');

  readonly #memory = new Map<string, string>();
  readonly #unstored = signal<readonly string[]>([]);

  /** The keys of the entries that a reload would lose. */
  readonly unstored = this.#unstored.asReadonly();

  constructor() {
    this.changes.pipe(takeUntilDestroyed()).subscribe(({ key }) => {
      // The last write counts.
      if (key !== null) this.#memory.delete(key);
      this.#storeMemory();
    });
  }

  keys(): string[] {
    return [
      ...new Set([...(attempt(() => Object.keys(localStorage)) ?? []), ...this.#memory.keys()]),
    ];
  }

  get(key: string): string | null {
    return this.#memory.get(key) ?? attempt(() => localStorage.getItem(key)) ?? null;
  }

  set(key: string, value: string): void {
    this.#memory.set(key, value);
    this.#storeMemory();
  }

  /** Like `set`, but if the storage is full, the stored entry stays as it is. */
  replace(key: string, value: string): void {
    if (this.#memory.has(key)) this.set(key, value);
    else store(key, value);
  }

  remove(key: string): void {
    this.#memory.delete(key);
    attempt(() => {
      localStorage.removeItem(key);
    });
    this.#storeMemory();
  }

  #storeMemory(): void {
    for (const [key, value] of this.#memory) {
      if (store(key, value)) this.#memory.delete(key);
    }
    this.#unstored.set([...this.#memory.keys()]);
  }
}

function store(key: string, value: string): boolean {
  return (
    attempt(() => {
      localStorage.setItem(key, value);
      return true;
    }) ?? false
  );
}

/** Storage may be blocked, full or absent: then even reading `localStorage` may throw. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
