import { Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Message } from '../api/models';
import { messagesTexts } from '../i18n/messages-texts';
import { ContactNames } from '../phone-numbers/contact-names';
import { MessageSync } from './message-sync';
import { UnreadStore } from './unread-store';

export interface Announcement {
  readonly id: number;
  readonly text: string;
}

const { statusChanged, manyStatusesChanged, manyReceived } = messagesTexts.announcements;
/** Announcements of one moment are rendered together: none may push another out before it is read. */
const MAX_ANNOUNCEMENTS = 3;

/** Announces changes of status and what comes in to screen readers. */
@Injectable()
export class StatusAnnouncer {
  readonly #names = inject(ContactNames);
  readonly #unread = inject(UnreadStore);
  readonly #announcements = signal<readonly Announcement[]>([]);
  #count = 0;

  /** Whose conversation is on the screen. */
  readonly shown = signal<string | undefined>(undefined);

  /**
   * The latest announcements, for one polite live region. Each has an id and so an element of its own: a live region
   * reads elements that are added, and does not read the same text when it is set again.
   */
  readonly announcements = this.#announcements.asReadonly();

  constructor() {
    inject(MessageSync)
      .statusChanges.pipe(takeUntilDestroyed())
      .subscribe((messages) => void this.#announceAudible(messages));
  }

  async #announceAudible(messages: readonly Message[]): Promise<void> {
    // The changes are being applied, and what is muted is known after them.
    await Promise.resolve();
    this.announce(messages.filter((message) => !this.#isMuted(message)));
  }

  /** What comes in to a muted conversation is heard only where it is shown. */
  #isMuted({ direction, peer_number }: Message): boolean {
    const isSilent = direction === 'inbound' && this.#unread.muted().has(peer_number);
    return isSilent && this.shown() !== peer_number;
  }

  /** Messages that are merely on their way are not announced. */
  announce(changed: readonly Message[]): void {
    const sentences = changed.flatMap(
      ({ peer_number, status }) =>
        statusChanged[status]?.(this.#names.unambiguous(peer_number)) ?? [],
    );
    if (sentences.length === 0) return;
    const text = sentences.length > 3 ? summaryOf(changed, sentences.length) : sentences.join(' ');
    this.#count += 1;
    const announcement = { id: this.#count, text };
    this.#announcements.update((before) => [...before.slice(1 - MAX_ANNOUNCEMENTS), announcement]);
  }
}

function summaryOf(changed: readonly Message[], announced: number): string {
  const received = changed.filter(({ status }) => status === 'received').length;
  const others = announced - received;
  return [others > 0 && manyStatusesChanged(others), received > 0 && manyReceived(received)]
    .filter(Boolean)
    .join(' ');
}
