import { Injectable, inject, signal } from '@angular/core';
import { Message } from '../api/models';
import { messagingTexts } from '../i18n/messages-texts';
import { TitleNotice } from '../ui/title-badge';
import { readable } from '../phone-numbers/format-phone-number';

export interface Announcement {
  readonly id: number;
  readonly text: string;
}

const TOLD: Readonly<Record<string, string>> = messagingTexts.news;
/** Those of one moment are drawn together: none of them may push another out unheard. */
const KEPT = 3;

/** Says what has become of messages, for those who do not see it. */
@Injectable()
export class StatusNews {
  readonly #titleNotice = inject(TitleNotice);
  readonly #announcements = signal<readonly Announcement[]>([]);
  #count = 0;

  /**
   * The last ones, for one polite live region. Each has an id, and so an element of its own: a region speaks what is
   * added to it, and says nothing when the same words are set again.
   */
  readonly announcements = this.#announcements.asReadonly();

  /** Messages whose status has just changed. Those on their way are no news. */
  tell(changed: readonly Message[]): void {
    const news = changed.filter(({ status }) => status in TOLD);
    if (news.length === 0) return;
    this.#titleNotice.count(news.length);
    const told = news.length > 3 ? [messagingTexts.manyNews(news.length)] : news.map(sentence);
    this.#count += 1;
    const announcement = { id: this.#count, text: told.join(' ') };
    this.#announcements.update((before) => [...before.slice(1 - KEPT), announcement]);
  }
}

function sentence({ peer_number, status }: Message): string {
  return messagingTexts.newsOf(readable(peer_number), TOLD[status] ?? status);
}
