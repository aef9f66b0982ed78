import { Injector } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { Message } from '../api/models';
import { MessagesClient } from './messages-client';
import { UnreadStore } from './unread-store';

/** Archives the conversation with this last message, or brings it back, as long as it takes. Loaded when it is needed. */
export function setArchived(injector: Injector, last: Message, isArchived: boolean): void {
  const client = injector.get(MessagesClient);
  const unread = injector.get(UnreadStore);
  const { peer_number: peer, created_at } = last;
  if (!isArchived) {
    unread.archive(peer, undefined, () => firstValueFrom(client.unarchive(peer)));
    return;
  }
  unread.archive(peer, created_at, async () => {
    const now = await firstValueFrom(client.conversation(peer));
    const { last_message, inbound } = now;
    // It has more by now than what is shown: then it is as if that had come in just after.
    const hasMore = last_message.created_at > created_at || now.unread > unread.ofLastAnswer(peer);
    return hasMore ? null : firstValueFrom(client.archive(peer, inbound));
  });
}

/** Mutes a conversation, or unmutes it, as long as it takes. */
export function setMuted(injector: Injector, peer: string, isMuted: boolean): void {
  const client = injector.get(MessagesClient);
  injector.get(UnreadStore).mute(peer, isMuted, () => firstValueFrom(client.mute(peer, isMuted)));
}
