import { Injectable, inject } from '@angular/core';
import { SessionStore } from '../../session/session-store';
import { UserStorage } from '../../session/user-storage';

/** What is written and not sent. */
export interface Draft {
  readonly recipient_number: string;
  readonly content: string;
}

/** One for each conversation and one for a new message, kept over reloads. */
@Injectable()
export class Drafts {
  readonly #kept = inject(UserStorage).shelf('drafts', inject(SessionStore).user()?.id ?? '');

  /** Places whose draft another tab has changed. */
  readonly changes = this.#kept.changes;

  read(place: string): Draft | undefined {
    const thing = this.#kept.read().get(place);
    return isDraft(thing) ? thing : undefined;
  }

  keep(place: string, draft: Draft): void {
    this.#kept.keep(place, draft);
  }

  remove(place: string): void {
    this.#kept.remove(place);
  }
}

function isDraft(thing: unknown): thing is Draft {
  const draft = thing as Partial<Draft> | null;
  return typeof draft?.recipient_number === 'string' && typeof draft.content === 'string';
}
