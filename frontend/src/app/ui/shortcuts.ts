import { DOCUMENT, DestroyRef, Injectable, inject, signal } from '@angular/core';
import { BrowserStorage } from '../storage/browser-storage';
import { focusMain } from './focus-main';
import { isComposing } from './is-composing';

export interface Shortcut {
  /** Any of these: "n", "/", "Escape", "ArrowDown", or with ⌘ on a Mac and Ctrl elsewhere "mod+k". */
  readonly keys: readonly string[];
  /** What it does, as the help says it. */
  readonly label: string;
  /** Without it the help lists what a part of the page answers to by itself. */
  readonly run?: () => void;
}

const KEY = 'mysms.single-keys';
const TYPED_INTO = 'input, textarea, select, [contenteditable]';
const ON_TOP = 'dialog:modal, [popover]:popover-open';

export const isMac = /\b(Mac|iPhone|iPad)/.test(navigator.userAgent);

/** `inject(Shortcuts).add({ keys: ['n'], label: texts.new, run: () => … })`: for as long as the component lives. */
@Injectable({ providedIn: 'root' })
export class Shortcuts {
  readonly #document = inject(DOCUMENT);
  readonly #browser = inject(BrowserStorage);
  readonly #shortcuts = signal<readonly Shortcut[]>([]);
  readonly #singleKeys = signal(this.#browser.get(KEY) !== 'off');

  /** In the order in which they were added. */
  readonly shortcuts = this.#shortcuts.asReadonly();
  /** Keys without ⌘ or Ctrl can be turned off: speech input types them by accident. */
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

  /** In an injection context. Of two for one key, the one added last holds. */
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
    // Nobody else's key: not one that was answered, that an input method composes with, or that something on top is for.
    if (event.defaultPrevented || isComposing(event) || event.repeat) return;
    if (this.#document.querySelector(ON_TOP)) return;
    const key = nameOf(event);
    if (key === undefined || (isCharacter(key) && !this.#mayBeOneKey(event))) return;
    if (key === 'Escape' && isTypedInto(event)) {
      // The first leaves what is typed into, for the single keys; the next one is the page's.
      event.preventDefault();
      (event.target as HTMLElement).blur();
      focusMain(this.#document, { preventScroll: true });
      return;
    }
    const shortcut = this.#shortcuts().findLast(({ keys, run }) => run && keys.includes(key));
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run?.();
  }

  #mayBeOneKey(event: KeyboardEvent): boolean {
    return this.#singleKeys() && !isTypedInto(event);
  }
}

function isTypedInto({ target }: KeyboardEvent): boolean {
  return target instanceof Element && target.closest(TYPED_INTO) !== null;
}

function nameOf(event: KeyboardEvent): string | undefined {
  if (event.altKey) return undefined;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const [mod, other] = isMac ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey];
  if (other) return undefined;
  if (mod) return event.shiftKey ? undefined : `mod+${key}`;
  return isCharacter(key) || !event.shiftKey ? key : undefined;
}

/** Arrows belong to what is typed into, too; Escape leaves it. */
function isCharacter(key: string): boolean {
  return key.length === 1 || key.startsWith('Arrow');
}
