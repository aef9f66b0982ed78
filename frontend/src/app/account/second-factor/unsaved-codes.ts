import { Injectable, inject, signal } from '@angular/core';
import { CanDeactivateFn } from '@angular/router';
import { SessionStore } from '../../session/session-store';

/** Asks before the user leaves recovery codes that were neither copied nor downloaded: they are shown only once. */
@Injectable({ providedIn: 'root' })
export class UnsavedCodes {
  readonly #answer = signal<((mayLeave: boolean) => void) | undefined>(undefined);

  readonly areShown = signal(false);
  readonly isAsking = () => this.#answer() !== undefined;

  mayLeave(): boolean | Promise<boolean> {
    if (!this.areShown()) return true;
    this.answer(false);
    return new Promise((resolve) => {
      this.#answer.set(resolve);
    });
  }

  answer(mayLeave: boolean): void {
    this.#answer()?.(mayLeave);
    this.#answer.set(undefined);
  }
}

/** A user who is signed out has to leave. */
export const unsavedCodesGuard: CanDeactivateFn<unknown> = () =>
  inject(SessionStore).user() === undefined || inject(UnsavedCodes).mayLeave();
