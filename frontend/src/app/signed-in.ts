import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  computed,
  effect,
  inject,
} from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { share } from 'rxjs';
import { ContactsClient } from './contacts/contacts-client';
import { ContactsStore } from './contacts/contacts-store';
import { EventsClient } from './events/events-client';
import { LiveUpdates } from './events/live-updates';
import { SignedInLayout } from './layout/signed-in-layout';
import { MessageSync } from './messages/message-sync';
import { NotificationSettings } from './messages/notifications/notification-settings';
import { OutboxStore } from './messages/outbox/outbox-store';
import { waitsHere } from './messages/outbox/pending-message';
import { MESSAGES_PROVIDERS, startMessages } from './messages/provide-messages';
import { StatusAnnouncer } from './messages/status-announcer';
import { UnreadStore } from './messages/unread-store';
import { UserScope } from './session/user-scope';
import { showDotInFavicon } from './ui/favicon-dot';
import { showCountInTitle } from './ui/title-count';

/**
 * Provides the domains, which live as long as the user is signed in, whichever page is open: messages go on being sent and
 * polled for, at once when the API says that something has changed. The root component creates it anew for each user.
 */
@Component({
  selector: 'app-signed-in',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [SignedInLayout],
  providers: [
    MESSAGES_PROVIDERS,
    ContactsClient,
    ContactsStore,
    EventsClient,
    LiveUpdates,
    UserScope,
  ],
  template: `
    <app-signed-in-layout [waiting]="waiting()" [unread]="unread.total()" />
    <div class="visually-hidden" aria-live="polite">
      @for (announcement of announcer.announcements(); track announcement.id) {
        <p>{{ announcement.text }}</p>
      }
    </div>
  `,
  host: { class: 'signed-in' },
})
export class SignedIn {
  protected readonly announcer = inject(StatusAnnouncer);
  protected readonly unread = inject(UnreadStore);
  readonly #outbox = inject(OutboxStore);
  protected readonly waiting = computed(() => this.#outbox.outbox().filter(waitsHere).length);

  readonly #destroyRef = inject(DestroyRef);
  readonly #notificationSettings = inject(NotificationSettings);
  readonly #scope = inject(UserScope);

  constructor() {
    startMessages();
    showCountInTitle(this.unread.total);
    showDotInFavicon(computed(() => this.unread.total() > 0));
    effect(() => {
      if (this.#notificationSettings.isOn()) void this.#startNotifications();
    });
    const sync = inject(MessageSync);
    const changes = inject(LiveUpdates).changes().pipe(takeUntilDestroyed(), share());
    inject(ContactsStore).start(changes);
    changes.subscribe(() => {
      sync.refresh();
    });
  }

  /** Without a network, only the next page load finds its script. */
  async #startNotifications(): Promise<void> {
    const loading = Promise.all([
      import('./messages/notifications/message-notifier'),
      import('./messages/notifications/push-subscriber'),
    ]);
    const files = await loading.catch(() => undefined);
    if (!files || this.#destroyRef.destroyed) return;
    const [{ MessageNotifier }, { PushSubscriber }] = files;
    this.#scope.get(MessageNotifier);
    this.#scope.get(PushSubscriber);
  }
}
