import { inject } from '@angular/core';
import { KEYS, Shortcuts } from '../ui/shortcuts';

interface Handlers {
  readonly search: () => void;
  readonly newMessage: () => void;
  readonly conversations: () => void;
  readonly archive: () => void;
  readonly mute: () => void;
  readonly back: () => void;
}

/** Must be called in an injection context. */
export function addMessengerShortcuts(handlers: Handlers): void {
  const shortcuts = inject(Shortcuts);
  shortcuts.add({ keys: KEYS.search, run: handlers.search });
  shortcuts.add({ keys: KEYS.newMessage, run: handlers.newMessage });
  shortcuts.add({ keys: KEYS.conversations, run: handlers.conversations });
  shortcuts.add({ keys: KEYS.archive, run: handlers.archive });
  shortcuts.add({ keys: KEYS.mute, run: handlers.mute });
  shortcuts.add({ keys: KEYS.back, run: handlers.back });
}
