import { Injectable } from '@angular/core';
import { ConversationsStore } from './conversations-store';

/** The archived conversations, once somebody wants to see them. */
@Injectable()
export class ArchivedConversations extends ConversationsStore {
  protected override readonly isArchive = true;
}
