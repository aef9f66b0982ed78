import { Injectable, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { isBlank } from '../../phone-numbers/blank';
import { toE164 } from '../../phone-numbers/format-phone-number';
import { SessionStore } from '../../session/session-store';
import { UserStorage } from '../../session/user-storage';
import { NEW_MESSAGE } from '../conversation-key';
import { Picture, describePictures, toPictures } from '../pictures';

/** What has been written and not sent. */
export interface Draft {
  readonly recipient_number: string;
  readonly content: string;
  readonly media?: readonly Picture[];
}

export interface NumberDraft {
  /** In E.164. */
  readonly peer: string;
  readonly preview: string;
}

/** One draft for each conversation and one for a new message. They survive a reload. */
@Injectable()
export class Drafts {
  readonly #storage = inject(UserStorage).namespace(
    'drafts',
    inject(SessionStore).user()?.id ?? '',
  );

  /** By the key of the conversation. */
  readonly #all = signal(this.#readAll());

  /** Keys of the conversations whose draft another tab has changed; undefined: perhaps all of them. */
  readonly changes = this.#storage.changes;
  /** Those in the conversation with a number; one of blanks is none. They have no time, and so are sorted by number. */
  readonly toNumbers = computed<readonly NumberDraft[]>(() =>
    [...this.#all()]
      .filter(([key]) => toE164(key) === key)
      .map(([peer, draft]) => ({ peer, preview: previewOf(draft) }))
      .filter(({ preview }) => preview !== '')
      .sort((one, other) => (one.peer < other.peer ? -1 : 1)),
  );
  /** That of a new message, unless it is blank. */
  readonly ofNew = computed<Draft | undefined>(() => {
    const draft = this.#all().get(NEW_MESSAGE);
    return draft && (previewOf(draft) || !isBlank(draft.recipient_number)) ? draft : undefined;
  });

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
    for (const [key, value] of this.#storage.read()) {
      if (isDraft(value)) drafts.set(key, toDraft(value));
    }
    return drafts;
  }
}

/** Its text, or else that it has pictures; empty for blanks. */
export function previewOf({ content, media }: Draft): string {
  return isBlank(content) ? describePictures(media) : content;
}

function toDraft({ media, ...text }: Draft): Draft {
  const pictures = toPictures(media);
  return pictures.length > 0 ? { ...text, media: pictures } : text;
}

function isDraft(value: unknown): value is Draft {
  const draft = value as Partial<Draft> | null;
  return typeof draft?.recipient_number === 'string' && typeof draft.content === 'string';
}
