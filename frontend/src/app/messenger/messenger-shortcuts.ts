import { inject } from '@angular/core';
import { messagesTexts } from '../i18n/messages-texts';
import { Shortcuts } from '../ui/shortcuts';

interface Handlers {
  readonly search: () => void;
  readonly newMessage: () => void;
  readonly conversations: () => void;
  readonly back: () => void;
}

/** Must be called in an injection context. */
export function addMessengerShortcuts(handlers: Handlers): void {
  const shortcuts = inject(Shortcuts);
  const texts = messagesTexts.shortcuts;
  shortcuts.add({ keys: ['mod+k', '/'], label: texts.search, run: handlers.search });
  shortcuts.add({ keys: ['n'], label: texts.newMessage, run: handlers.newMessage });
  shortcuts.add({
    keys: ['ArrowDown', 'ArrowUp'],
    label: texts.conversations,
    run: handlers.conversations,
  });
  shortcuts.add({ keys: ['Escape'], label: texts.back, run: handlers.back });
  shortcuts.add({ keys: ['Enter'], label: texts.send });
}
