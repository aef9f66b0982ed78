import { Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
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

  readonly #all = signal(this.#readAll());

  /** Keys of the conversations whose draft another tab has changed; undefined: perhaps all of them. */
  readonly changes = this.#storage.changes;
  /** By the key of the conversation. */
  readonly all = this.#all.asReadonly();

  constructor() {
    this.changes.pipe(takeUntilDestroyed()).subscribe(() => {
      this.#all.set(this.#readAll());
    });
  }

  read(conversationKey: string): Draft | undefined {
    return this.#readAll().get(conversationKey);
  }

  set(conversationKey: string, draft: Draft): void {
    this.#storage.set(conversationKey, draft);
    this.#all.update((all) => new Map(all).set(conversationKey, draft));
  }

  remove(conversationKey: string): void {
    this.#storage.remove(conversationKey);
    this.#all.update((all) => new Map([...all].filter(([key]) => key !== conversationKey)));
  }

  #readAll(): ReadonlyMap<string, Draft> {
    const drafts = new Map<string, Draft>();
    for (const [key, value] of this.#storage.read()) if (isDraft(value)) drafts.set(key, value);
    return drafts;
  }
}

function isDraft(value: unknown): value is Draft {
  const draft = value as Partial<Draft> | null;
  return typeof draft?.recipient_number === 'string' && typeof draft.content === 'string';
}
