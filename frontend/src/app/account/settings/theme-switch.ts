import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { settingsTexts } from '../../i18n/settings-texts';
import { THEMES, ThemeStore } from '../../ui/theme';

@Component({
  selector: 'app-theme-switch',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="settings-row__main">
      <p id="theme" class="settings-row__name">{{ texts.name }}</p>
      <p class="settings-row__text">{{ texts.meanings[store.theme()] }}</p>
    </div>
    <div class="segmented" role="radiogroup" aria-labelledby="theme">
      @for (theme of themes; track theme) {
        <label class="segmented__choice">
          <input
            type="radio"
            name="theme"
            [value]="theme"
            [checked]="store.theme() === theme"
            (change)="store.choose(theme)"
          />
          <span>{{ texts.choices[theme] }}</span>
        </label>
      }
    </div>
  `,
  host: { class: 'settings-row' },
})
export class ThemeSwitch {
  protected readonly texts = settingsTexts.theme;
  protected readonly themes = THEMES;
  protected readonly store = inject(ThemeStore);
}
