import { Injectable, inject } from '@angular/core';
import { map } from 'rxjs';
import { SessionStore } from '../session/session-store';
import { UserStorage } from '../session/user-storage';
import { ContactInput } from './contact-input';

/** What has been typed into the contact of a number and is not saved. */
export interface ContactDraft {
  /** Of the contact that was to be changed; 0 if there was none. */
  readonly version: number;
  readonly input: ContactInput;
}

/** They survive a reload and a session that expires. */
@Injectable()
export class ContactDrafts {
  readonly #storage = inject(UserStorage).namespace(
    'contacts',
    inject(SessionStore).user()?.id ?? '',
  );

  /** Another tab may have changed or removed any of them. */
  readonly changes = this.#storage.changes.pipe(map(() => undefined));

  read(number: string): ContactDraft | undefined {
    const value = this.#storage.read().get(number);
    return isDraft(value) ? value : undefined;
  }

  set(number: string, draft: ContactDraft): void {
    this.#storage.set(number, draft);
  }

  remove(number: string): void {
    this.#storage.remove(number);
  }
}

function isDraft(value: unknown): value is ContactDraft {
  const { version, input } = (value ?? {}) as Partial<ContactDraft>;
  return typeof version === 'number' && typeof input?.name === 'string';
}
