import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { firstValueFrom, from } from 'rxjs';
import { Sending } from '../api/models';
import { Poll } from '../api/poll';
import { MessagesClient } from './messages-client';

/** How this server sends: from which number, and how numbers may be written. It stays the same while the page is open. */
@Injectable()
export class SendingSettings {
  readonly #client = inject(MessagesClient);
  readonly #poll = inject(Poll);
  readonly #destroyRef = inject(DestroyRef);
  readonly #value = signal<Sending | undefined>(undefined);
  #loading: Promise<void> | undefined;
  #retrying: Promise<void> | undefined;

  /** undefined until it is known. */
  readonly value = this.#value.asReadonly();

  /** Rejects if it cannot be loaded now; the next call tries again. */
  load(): Promise<void> {
    if (this.#value()) return Promise.resolve();
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Loads it, and retries until it is known: once, however many need it. Rejects if it will not be known. */
  untilLoaded(): Promise<void> {
    if (this.#value()) return Promise.resolve();
    const attempts = this.#poll.untilDone(() => from(this.load()));
    this.#retrying ??= firstValueFrom(attempts.pipe(takeUntilDestroyed(this.#destroyRef))).finally(
      () => {
        this.#retrying = undefined;
      },
    );
    return this.#retrying;
  }

  async #load(): Promise<void> {
    this.#value.set(await firstValueFrom(this.#client.sending()));
  }
}
