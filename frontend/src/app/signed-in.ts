import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { ComposeForms } from './messaging/compose-forms';
import { ConversationsStore } from './messaging/conversations-store';
import { Drafts } from './messaging/drafts';
import { Feed } from './messaging/feed';
import { MessageActions } from './messaging/message-actions';
import { MessagesClient } from './messaging/messages-client';
import { NumberReader } from './messaging/number-reader';
import { OutboxStore } from './messaging/outbox-store';
import { StatusNews } from './messaging/status-news';
import { ThreadsStore } from './messaging/threads-store';
import { Frame } from './shell/frame';

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
