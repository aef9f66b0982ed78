import { Message } from '../api/models';

/** The user wants to archive the conversation with this last message, or to bring it back. */
export interface ArchiveRequest {
  readonly last: Message;
  readonly isArchived: boolean;
  /** Then the notice gets the focus, as what had it is gone. */
  readonly byKey: boolean;
  /** The key of the row to focus in its place. */
  readonly next?: string | undefined;
}

/** The user wants to mute the conversation with this number, or to unmute it. */
export interface MuteRequest {
  readonly peer: string;
  readonly isMuted: boolean;
}

/** The user asks for what can be done with the conversation of a row or of the open thread. */
export interface ConversationMenuRequest {
  readonly last: Message;
  /** Whether it is archived now. */
  readonly isArchived: boolean;
  readonly anchor: HTMLElement;
}
