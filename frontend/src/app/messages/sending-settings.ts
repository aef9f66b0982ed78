import { Injectable, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { Sending } from '../api/models';
import { MessagesClient } from './messages-client';

/** How this server sends: from which number, and how numbers may be written. It stays the same while the page is open. */
@Injectable()
export class SendingSettings {
  readonly #client = inject(MessagesClient);
  readonly #value = signal<Sending | undefined>(undefined);
  #loading: Promise<void> | undefined;

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

  async #load(): Promise<void> {
    this.#value.set(await firstValueFrom(this.#client.sending()));
  }
}
