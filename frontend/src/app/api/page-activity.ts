import { DOCUMENT, Injectable, inject } from '@angular/core';
import { BehaviorSubject, Observable, fromEvent, map, merge, skip } from 'rxjs';

/** Whether the page is in use: while it is visible, and while it is hidden and tells the user what comes in. */
@Injectable({ providedIn: 'root' })
export class PageActivity {
  readonly #document = inject(DOCUMENT);
  readonly #staysActive = new BehaviorSubject(false);

  /** Emits when it may have changed. */
  readonly changes: Observable<void> = merge(
    fromEvent(this.#document, 'visibilitychange'),
    this.#staysActive.pipe(skip(1)),
  ).pipe(map(() => undefined));

  isActive(): boolean {
    return this.#staysActive.value || this.#document.visibilityState === 'visible';
  }

  /** Whether the page goes on while it is hidden. */
  stayActive(stays: boolean): void {
    if (stays !== this.#staysActive.value) this.#staysActive.next(stays);
  }
}
