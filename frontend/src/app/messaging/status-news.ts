import { Injectable, inject, signal } from '@angular/core';
import { Message } from '../api/models';
import { messagingTexts } from '../texts/messaging-texts';
import { TitleNotice } from '../ui/title-notice';
import { readable } from './phone-number';

const TOLD: Readonly<Record<string, string>> = messagingTexts.news;

/** Says what has become of messages, for those who do not see it. */
@Injectable()
export class StatusNews {
  readonly #titleNotice = inject(TitleNotice);
  readonly #said = signal('');

  /** For one polite live region. */
  readonly said = this.#said.asReadonly();

  /** Messages whose status has just changed. Those on their way are no news. */
  tell(changed: readonly Message[]): void {
    const news = changed.filter(({ status }) => status in TOLD);
    if (news.length === 0) return;
    this.#titleNotice.count(news.length);
    const told = news.length > 3 ? [messagingTexts.manyNews(news.length)] : news.map(sentence);
    this.#said.set(told.join(' '));
  }
}

function sentence({ peer_number, status }: Message): string {
  return messagingTexts.newsOf(readable(peer_number), TOLD[status] ?? status);
}
