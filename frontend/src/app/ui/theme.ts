import { DOCUMENT, Injectable, inject, signal } from '@angular/core';
import { BrowserStorage } from '../storage/browser-storage';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

// Also read by public/start.js, which applies the theme before this script is loaded.
const KEY = 'mysms.theme';

@Injectable({ providedIn: 'root' })
export class ThemeStore {
  readonly #document = inject(DOCUMENT);
  readonly #browser = inject(BrowserStorage);
  readonly #theme = signal<Theme>('system');

  readonly theme = this.#theme.asReadonly();

  constructor() {
    const stored = this.#browser.get(KEY);
    this.#show(THEMES.find((theme) => theme === stored) ?? 'system');
  }

  choose(theme: Theme): void {
    if (theme === 'system') this.#browser.remove(KEY);
    else this.#browser.set(KEY, theme);
    this.#show(theme);
  }

  #show(theme: Theme): void {
    this.#document.documentElement.dataset['theme'] = theme;
    // The colour of the browser's own toolbar.
    const colours = this.#document.querySelectorAll<HTMLMetaElement>('meta[data-theme-color]');
    for (const colour of colours) {
      const scheme = colour.dataset['themeColor'] ?? '';
      if (theme === 'system') colour.media = `(prefers-color-scheme: ${scheme})`;
      else colour.media = scheme === theme ? 'all' : 'not all';
    }
    this.#theme.set(theme);
  }
}
