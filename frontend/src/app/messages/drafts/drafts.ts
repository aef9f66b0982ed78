import { Injectable, inject } from '@angular/core';
import { SessionStore } from '../../session/session-store';
import { UserStorage } from '../../session/user-storage';

/** Text that has been written and not sent. */
export interface Draft {
  readonly recipient_number: string;
  readonly content: string;
}

/** One draft for each conversation and one for a new message. They survive a reload. */
@Injectable()
export class Drafts {
  readonly #storage = inject(UserStorage).namespace(
    'drafts',
    inject(SessionStore).user()?.id ?? '',
  );

  /** Keys of the conversations whose draft another tab has changed; undefined: perhaps all of them. */
  readonly changes = this.#storage.changes;

  read(conversationKey: string): Draft | undefined {
    const value = this.#storage.read().get(conversationKey);
    return isDraft(value) ? value : undefined;
  }

  set(conversationKey: string, draft: Draft): void {
    this.#storage.set(conversationKey, draft);
  }

  remove(conversationKey: string): void {
    this.#storage.remove(conversationKey);
  }
}

function isDraft(value: unknown): value is Draft {
  const draft = value as Partial<Draft> | null;
  return typeof draft?.recipient_number === 'string' && typeof draft.content === 'string';
}
