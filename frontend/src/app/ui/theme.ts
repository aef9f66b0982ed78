import { DOCUMENT, Injectable, inject, signal } from '@angular/core';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

// Also read by public/theme.js, which shows the theme before this is loaded.
const KEY = 'mysms.theme';

@Injectable({ providedIn: 'root' })
export class ThemeStore {
  readonly #document = inject(DOCUMENT);
  readonly #theme = signal<Theme>('system');

  readonly theme = this.#theme.asReadonly();

  constructor() {
    const stored = localStorage.getItem(KEY);
    this.#show(THEMES.find((theme) => theme === stored) ?? 'system');
  }

  choose(theme: Theme): void {
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
    this.#show(theme);
  }

  #show(theme: Theme): void {
    this.#document.documentElement.dataset['theme'] = theme;
    // The browser's own bar goes along.
    const colours = this.#document.querySelectorAll<HTMLMetaElement>('meta[data-theme-color]');
    for (const colour of colours) {
      const its = colour.dataset['themeColor'] ?? '';
      if (theme === 'system') colour.media = `(prefers-color-scheme: ${its})`;
      else colour.media = its === theme ? 'all' : 'not all';
    }
    this.#theme.set(theme);
  }
}
