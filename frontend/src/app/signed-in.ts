import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { EventsClient } from './events/events-client';
import { LiveUpdates } from './events/live-updates';
import { SignedInLayout } from './layout/signed-in-layout';
import { MessageSync } from './messages/message-sync';
import { OutboxStore } from './messages/outbox/outbox-store';
import { waitsHere } from './messages/outbox/pending-message';
import { MESSAGES_PROVIDERS, startMessages } from './messages/provide-messages';
import { StatusAnnouncer } from './messages/status-announcer';
import { UserScope } from './session/user-scope';

/**
 * Provides the domains, which live as long as the user is signed in, whichever page is open: messages go on being sent and
 * polled for, at once when the API says that something has changed. The root component creates it anew for each user.
 */
@Component({
  selector: 'app-signed-in',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [SignedInLayout],
  providers: [MESSAGES_PROVIDERS, EventsClient, LiveUpdates, UserScope],
  template: `
    <app-signed-in-layout [waiting]="waiting()" />
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
  readonly #outbox = inject(OutboxStore);
  protected readonly waiting = computed(() => this.#outbox.outbox().filter(waitsHere).length);

  constructor() {
    startMessages();
    const sync = inject(MessageSync);
    inject(LiveUpdates)
      .changes()
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        sync.refresh();
      });
  }
}
