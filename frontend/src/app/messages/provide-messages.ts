import { Provider, inject } from '@angular/core';
import { ArchivedConversations } from './archived-conversations';
import { MessageCache } from './cache/message-cache';
import { ConversationsStore } from './conversations-store';
import { ComposeForms } from './drafts/compose-forms';
import { takeSharedTexts } from './drafts/shared-text';
import { Drafts } from './drafts/drafts';
import { MessageActions } from './message-actions';
import { MessageSync } from './message-sync';
import { MessagesClient } from './messages-client';
import { NotificationSettings } from './notifications/notification-settings';
import { OptOutsClient } from './opt-outs/opt-outs-client';
import { OptOutsStore } from './opt-outs/opt-outs-store';
import { OutboxStore } from './outbox/outbox-store';
import { RecipientParser } from './recipient-parser';
import { SendingSettings } from './sending-settings';
import { StatusAnnouncer } from './status-announcer';
import { ThreadsStore } from './threads-store';
import { UnreadStore } from './unread-store';

/** The messages of one user: one instance of each, for as long as that user is signed in. */
export const MESSAGES_PROVIDERS: Provider[] = [
  ArchivedConversations,
  ComposeForms,
  ConversationsStore,
  Drafts,
  MessageActions,
  MessageCache,
  MessagesClient,
  MessageSync,
  NotificationSettings,
  OptOutsClient,
  OptOutsStore,
  OutboxStore,
  RecipientParser,
  SendingSettings,
  StatusAnnouncer,
  ThreadsStore,
  UnreadStore,
];

/**
 * Shows what is cached, starts the sync once all that subscribe to it exist, sends what is in the outbox, and takes what was
 * shared with the app. Must be called in an injection context.
 */
export function startMessages(): void {
  void inject(ConversationsStore).restore();
  inject(ThreadsStore);
  inject(UnreadStore);
  inject(StatusAnnouncer);
  inject(MessageSync).start();
  inject(OutboxStore);
  const forms = inject(ComposeForms);
  void takeSharedTexts((text) => {
    forms.addToNew(text);
  });
}
