import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { ComposeForms } from './messages/drafts/compose-forms';
import { ConversationsStore } from './messages/conversations-store';
import { Drafts } from './messages/drafts/drafts';
import { Feed } from './messages/message-sync';
import { MessageActions } from './messages/message-actions';
import { MessagesClient } from './messages/messages-client';
import { NumberReader } from './messages/recipient-parser';
import { OutboxStore } from './messages/outbox/outbox-store';
import { StatusNews } from './messages/status-announcer';
import { ThreadsStore } from './messages/threads-store';
import { Frame } from './layout/signed-in-layout';

/**
 * What there is of one user's messages lives as long as the user is signed in, whichever page shows: what is on its way
 * has one owner, and the looks at what has changed go on. The root component makes it anew for each user.
 */
@Component({
  selector: 'app-signed-in',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Frame],
  providers: [
    ComposeForms,
    ConversationsStore,
    Drafts,
    Feed,
    MessageActions,
    MessagesClient,
    NumberReader,
    OutboxStore,
    StatusNews,
    ThreadsStore,
  ],
  template: `
    <app-frame />
    <div class="visually-hidden" aria-live="polite">
      @for (announcement of news.announcements(); track announcement.id) {
        <p>{{ announcement.text }}</p>
      }
    </div>
  `,
  host: { class: 'signed-in' },
})
export class SignedIn {
  protected readonly news = inject(StatusNews);

  constructor() {
    inject(Feed);
    inject(OutboxStore);
  }
}
