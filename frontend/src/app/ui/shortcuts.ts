import { DOCUMENT, DestroyRef, Injectable, inject, signal } from '@angular/core';
import { BrowserStorage } from '../storage/browser-storage';
import { focusMain } from './focus-main';
import { isComposing } from './is-composing';

/** The keys of each shortcut. The help lists them, and says what they do (`helpTexts.shortcutLabels`). */
export const KEYS = {
  help: ['?'],
  /** Handled here, by any text field. */
  leaveField: ['Escape'],
  search: ['mod+k', '/'],
  newMessage: ['n'],
  conversations: ['ArrowDown', 'ArrowUp'],
  archive: ['e'],
  mute: ['m'],
  /** Handled by the notice that offers it. */
  undo: ['z'],
  back: ['Escape'],
  /** Handled by the form of a message. */
  send: ['Enter'],
} as const;

export type ShortcutName = keyof typeof KEYS;

export interface Shortcut {
  /** Alternatives, such as "n", "/", "Escape", "ArrowDown", or "mod+k": with ⌘ on a Mac, with Ctrl elsewhere. */
  readonly keys: readonly string[];
  readonly run: () => void;
}

const KEY = 'mysms.single-keys';
const EDITABLE = 'input, textarea, select, [contenteditable]';
const OVERLAYS = 'dialog:modal, [popover]:popover-open';

export const isMac = /\b(Mac|iPhone|iPad)/.test(navigator.userAgent);

/** Keyboard shortcuts: `inject(Shortcuts).add({ keys: KEYS.newMessage, run: () => … })`. */
@Injectable({ providedIn: 'root' })
export class Shortcuts {
  readonly #document = inject(DOCUMENT);
  readonly #browser = inject(BrowserStorage);
  readonly #shortcuts = signal<readonly Shortcut[]>([]);
  readonly #singleKeys = signal(this.#browser.get(KEY) !== 'off');

  /** Shortcuts without ⌘ or Ctrl can be turned off, because speech input triggers them by accident. */
  readonly singleKeys = this.#singleKeys.asReadonly();

  constructor() {
    const run = (event: KeyboardEvent): void => {
      this.#run(event);
    };
    this.#document.addEventListener('keydown', run);
    inject(DestroyRef).onDestroy(() => {
      this.#document.removeEventListener('keydown', run);
    });
  }

  /**
   * Adds a shortcut for as long as the injection context lives, in which it must be called. Of two shortcuts for one key,
   * the one added last counts.
   */
  add(shortcut: Shortcut): void {
    this.#shortcuts.update((shortcuts) => [...shortcuts, shortcut]);
    inject(DestroyRef).onDestroy(() => {
      this.#shortcuts.update((shortcuts) => shortcuts.filter((other) => other !== shortcut));
    });
  }

  useSingleKeys(use: boolean): void {
    if (use) this.#browser.remove(KEY);
    else this.#browser.set(KEY, 'off');
    this.#singleKeys.set(use);
  }

  #run(event: KeyboardEvent): void {
    // Not a key that was handled already, that belongs to an input method, or that is meant for a dialog or menu.
    if (event.defaultPrevented || isComposing(event) || event.repeat) return;
    if (this.#document.querySelector(OVERLAYS)) return;
    const key = nameOf(event);
    if (key === undefined || (isForTyping(key) && !this.#allowsSingleKey(event))) return;
    if (key === 'Escape' && isInTextField(event)) {
      // The first Escape leaves the text field, so that single-key shortcuts work; the next one is a shortcut.
      event.preventDefault();
      (event.target as HTMLElement).blur();
      focusMain(this.#document, { preventScroll: true });
      return;
    }
    const shortcut = this.#shortcuts().findLast(({ keys }) => keys.includes(key));
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  }

  #allowsSingleKey(event: KeyboardEvent): boolean {
    return this.#singleKeys() && !isInTextField(event);
  }
}

function isInTextField({ target }: KeyboardEvent): boolean {
  return target instanceof Element && target.closest(EDITABLE) !== null;
}

function nameOf(event: KeyboardEvent): string | undefined {
  if (event.altKey) return undefined;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const [mod, other] = isMac ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey];
  if (other) return undefined;
  if (mod) return event.shiftKey ? undefined : `mod+${key}`;
  return isForTyping(key) || !event.shiftKey ? key : undefined;
}

/** Text fields need the arrows too; Escape leaves them. */
function isForTyping(key: string): boolean {
  return key.length === 1 || key.startsWith('Arrow');
}
