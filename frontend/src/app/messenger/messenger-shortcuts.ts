import { inject } from '@angular/core';
import { messagingTexts } from '../i18n/messages-texts';
import { Shortcuts } from '../ui/shortcuts';

interface Answers {
  readonly search: () => void;
  readonly newMessage: () => void;
  readonly conversations: () => void;
  readonly back: () => void;
}

/** In an injection context: what the keyboard does where one reads and writes. */
export function addMessageShortcuts(answers: Answers): void {
  const shortcuts = inject(Shortcuts);
  const texts = messagingTexts.shortcuts;
  shortcuts.add({ keys: ['mod+k', '/'], label: texts.search, run: answers.search });
  shortcuts.add({ keys: ['n'], label: texts.newMessage, run: answers.newMessage });
  shortcuts.add({
    keys: ['ArrowDown', 'ArrowUp'],
    label: texts.conversations,
    run: answers.conversations,
  });
  shortcuts.add({ keys: ['Escape'], label: texts.back, run: answers.back });
  shortcuts.add({ keys: ['Enter'], label: texts.send });
}
