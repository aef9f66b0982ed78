import { DOCUMENT, Injectable, inject, signal } from '@angular/core';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'mysms.theme';

@Injectable({ providedIn: 'root' })
export class ThemeStore {
  readonly #root = inject(DOCUMENT).documentElement;
  readonly #theme = signal<Theme>('system');

  readonly theme = this.#theme.asReadonly();

  constructor() {
    const stored = localStorage.getItem(KEY);
    this.#show(THEMES.find((theme) => theme === stored) ?? 'system');
  }

  choose(theme: Theme): void {
    localStorage.setItem(KEY, theme);
    this.#show(theme);
  }

  #show(theme: Theme): void {
    this.#root.dataset['theme'] = theme;
    this.#theme.set(theme);
  }
}
