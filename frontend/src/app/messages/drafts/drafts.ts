import { Injectable, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { map, merge } from 'rxjs';
import { isBlank } from '../../phone-numbers/blank';
import { toE164 } from '../../phone-numbers/format-phone-number';
import { SessionStore } from '../../session/session-store';
import { UserStorage, draftOf } from '../../session/user-storage';
import { NEW_MESSAGE } from '../conversation-key';
import { Picture, describePictures, toPictures } from '../pictures';

export interface DraftText {
  readonly recipient_number: string;
  readonly content: string;
}

/** What has been written and not sent. */
export interface Draft extends DraftText {
  readonly media?: readonly Picture[];
}

export interface NumberDraft {
  /** In E.164. */
  readonly peer: string;
  readonly preview: string;
}

/**
 * One draft for each conversation and one for a new message. They survive a reload. A text is stored apart from its pictures, and
 * each of these for itself: in one tab the user may be writing while another uploads.
 */
@Injectable()
export class Drafts {
  readonly #storage = inject(UserStorage);
  readonly #userId = inject(SessionStore).user()?.id ?? '';
  readonly #texts = this.#storage.namespace('drafts', this.#userId);
  readonly #pictures = this.#storage.namespace('pictures', this.#userId);

  /** By the key of the conversation. */
  readonly #all = signal(this.#readAll());

  /** Keys of the conversations whose text another tab has changed; undefined: perhaps all of them. */
  readonly textChanges = this.#texts.changes;
  /** Likewise, whose pictures. */
  readonly pictureChanges = this.#pictures.changes.pipe(
    map((name) => (name === undefined ? undefined : draftOf(name))),
  );
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
    merge(this.textChanges, this.pictureChanges)
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        this.#all.set(this.#readAll());
      });
  }

  read(conversationKey: string): Draft | undefined {
    return this.#readAll().get(conversationKey);
  }

  setText(conversationKey: string, { recipient_number, content }: DraftText): void {
    const isEmpty = content === '' && (recipient_number === '' || conversationKey !== NEW_MESSAGE);
    if (isEmpty) this.#texts.remove(conversationKey);
    else this.#texts.set(conversationKey, { recipient_number, content });
    this.#show(conversationKey, { recipient_number, content });
  }

  /** Those that are the same as before may have been changed by another tab, and those that are not, removed by one. */
  setPictures(conversationKey: string, before: readonly Picture[], now: readonly Picture[]): void {
    const nameOf = ({ key }: Picture): string => `${conversationKey}.${key}`;
    const names = new Set(now.map(nameOf));
    for (const name of before.map(nameOf)) if (!names.has(name)) this.#pictures.remove(name);
    const stored = this.#pictures.read();
    const known = new Set(before.map(nameOf));
    for (const each of now) {
      const isRemoved = known.has(nameOf(each)) && !stored.has(nameOf(each));
      if (!before.includes(each) && !isRemoved) this.#pictures.set(nameOf(each), each);
    }
    this.#show(conversationKey, { media: now });
  }

  #show(key: string, change: Partial<Draft>): void {
    this.#all.update((all) =>
      new Map(all).set(key, { ...(all.get(key) ?? emptyText(key)), ...change }),
    );
  }

  #readAll(): ReadonlyMap<string, Draft> {
    const drafts = new Map<string, Draft>();
    for (const [key, value] of this.#texts.read()) {
      if (!isText(value)) continue;
      drafts.set(key, { recipient_number: value.recipient_number, content: value.content });
    }
    for (const [name, value] of this.#pictures.read()) {
      const key = draftOf(name);
      const { media = [], ...text } = drafts.get(key) ?? emptyText(key);
      const pictures = [...media, ...toPictures([value])].sort(
        (one, other) => one.order - other.order,
      );
      drafts.set(key, { ...text, media: pictures });
    }
    return drafts;
  }
}

/** Its text, or else that it has pictures; empty for blanks. */
export function previewOf({ content, media }: Draft): string {
  return isBlank(content) ? describePictures(media) : content;
}

function emptyText(conversationKey: string): Draft {
  return { recipient_number: conversationKey === NEW_MESSAGE ? '' : conversationKey, content: '' };
}

function isText(value: unknown): value is DraftText {
  const text = value as Partial<DraftText> | null;
  return typeof text?.recipient_number === 'string' && typeof text.content === 'string';
}
