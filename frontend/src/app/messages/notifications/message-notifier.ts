import { DOCUMENT, DestroyRef, Injectable, effect, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Router } from '@angular/router';
import { fromEvent, startWith } from 'rxjs';
import { Message } from '../../api/models';
import { PageActivity } from '../../api/page-activity';
import { notificationTexts } from '../../i18n/notification-texts';
import { ContactNames } from '../../phone-numbers/contact-names';
import { loadPhoneNumberRules } from '../../phone-numbers/format-phone-number';
import { toConversationKey } from '../conversation-key';
import { MessageSync } from '../message-sync';
import { describeAbsentText } from '../message-status';
import { UnreadStore } from '../unread-store';
import { playChime } from './chime';
import { NotificationDisplay } from './notification-display';
import { NotificationSettings } from './notification-settings';
import { announceVisible, isAnyTabVisible, whenElected } from './tab-election';

/** Shows a notification of what comes in while no tab of this browser is visible, in one of them. */
@Injectable()
export class MessageNotifier {
  readonly #activity = inject(PageActivity);
  readonly #display = new NotificationDisplay();
  readonly #document = inject(DOCUMENT);
  readonly #names = inject(ContactNames);
  readonly #router = inject(Router);
  readonly #settings = inject(NotificationSettings);
  readonly #sync = inject(MessageSync);
  readonly #unread = inject(UnreadStore);

  readonly #deleted = new Set<string>();
  #peersToTell: readonly string[] = [];
  #isElected = false;
  /** Notifications of one conversation are shown one after the other: each takes over what the last one stands for. */
  #showing = Promise.resolve();

  constructor() {
    void loadPhoneNumberRules();
    effect((onCleanup) => {
      if (this.#settings.isOn()) onCleanup(this.#begin());
    });
    effect(() => {
      this.#closeQuiet(this.#unread.peersToTell());
    });
    const unsubscribe = this.#sync.subscribe({
      find: () => undefined,
      hasPending: () => false,
      applyChanges: (messages) => {
        this.#closeDeleted(messages);
      },
    });
    inject(DestroyRef).onDestroy(unsubscribe);
    this.#sync.statusChanges.pipe(takeUntilDestroyed()).subscribe((messages) => {
      const received = messages.filter(({ direction }) => direction === 'inbound');
      if (received.length > 0 && this.#isElected && this.#document.hidden) {
        void this.#tellNews(received);
      }
    });
    this.#display.clicks.pipe(takeUntilDestroyed()).subscribe((url) => {
      // What is open already is no further step back.
      const isOpen = pathOf(url) === pathOf(this.#router.url);
      void this.#router.navigateByUrl(url, { replaceUrl: isOpen });
    });
  }

  /** Takes part in the election. Returns what ends it, and takes away what is shown. */
  #begin(): () => void {
    const left = new AbortController();
    void whenElected(left.signal, () => {
      this.#isElected = true;
      this.#activity.stayActive(true);
    });
    let isVisible = new AbortController();
    const visibility = fromEvent(this.#document, 'visibilitychange')
      .pipe(startWith(null))
      .subscribe(() => {
        isVisible.abort();
        if (this.#document.hidden) return;
        isVisible = new AbortController();
        void announceVisible(isVisible.signal);
        this.#enqueue(() => this.#display.close());
      });
    return () => {
      visibility.unsubscribe();
      isVisible.abort();
      left.abort();
      this.#isElected = false;
      this.#activity.stayActive(false);
      this.#enqueue(() => this.#display.close());
    };
  }

  /** What was read on another device meanwhile is no news, nor is what comes in to a muted conversation. */
  async #tellNews(received: readonly Message[]): Promise<void> {
    const peers = [...new Set(received.map(({ peer_number }) => peer_number))];
    const areNews = await Promise.all(peers.map((peer) => this.#unread.isNews(peer)));
    const told = new Set(peers.filter((_, index) => areNews[index]));
    const news = received.filter(
      ({ _id, peer_number }) => told.has(peer_number) && !this.#deleted.has(_id),
    );
    if (news.length > 0) this.#enqueue(() => this.#tell(news));
  }

  async #tell(received: readonly Message[]): Promise<void> {
    if (!this.#isElected || (await isAnyTabVisible())) return;
    const peers = [...new Set(received.map(({ peer_number }) => peer_number))];
    const areShown = await Promise.all(
      peers.map((peer) =>
        this.#show(
          peer,
          received.filter(({ peer_number }) => peer_number === peer),
        ),
      ),
    );
    if (areShown.includes(true) && this.#settings.hasSound()) playChime();
  }

  /** Returns false if they are shown already: by the tab before it, or by the service worker, as they were pushed. */
  async #show(peer: string, received: readonly Message[]): Promise<boolean> {
    const before = await this.#display.idsOf(peer);
    if (received.every(({ _id }) => before.includes(_id))) return false;
    const ids = [...new Set([...before, ...received.map(({ _id }) => _id)])];
    const newest = received.reduce((one, other) =>
      one.created_at < other.created_at ? other : one,
    );
    await this.#display.show({
      peer,
      ids,
      title: this.#names.unambiguous(peer),
      body: this.#settings.showsText()
        ? newest.content || describeAbsentText(newest)
        : notificationTexts.received(ids.length),
      url: `/messages/${encodeURIComponent(toConversationKey(peer))}`,
    });
    return true;
  }

  /** What was read, also on another device, or muted. A conversation that was not known to be unread may have just become it. */
  #closeQuiet(peersToTell: readonly string[]): void {
    const quiet = this.#peersToTell.filter((peer) => !peersToTell.includes(peer));
    this.#peersToTell = peersToTell;
    if (quiet.length > 0) this.#enqueue(() => this.#display.closeOf(quiet));
  }

  #closeDeleted(messages: readonly Message[]): void {
    const deleted = new Set(messages.flatMap(({ _id, deleted_at }) => (deleted_at ? [_id] : [])));
    if (deleted.size === 0) return;
    for (const id of deleted) this.#deleted.add(id);
    this.#enqueue(() => this.#display.close(deleted));
  }

  #enqueue(work: () => Promise<void>): void {
    // A notification that the browser does not show is not shown later: the page has the message.
    this.#showing = this.#showing.then(work).catch(() => undefined);
  }
}

function pathOf(url: string): string {
  return decodeURIComponent(url.replace(/[?#].*/, ''));
}
