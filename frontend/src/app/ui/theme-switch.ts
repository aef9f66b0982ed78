import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { layoutTexts } from '../i18n/layout-texts';
import { THEMES, ThemeStore } from './theme';

@Component({
  selector: 'app-theme-switch',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <fieldset class="theme-switch">
      <legend>{{ texts.legend }}</legend>
      <div>
        @for (theme of themes; track theme) {
          <label class="theme-switch__choice">
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
    </fieldset>
  `,
})
export class ThemeSwitch {
  protected readonly texts = layoutTexts.theme;
  protected readonly themes = THEMES;
  protected readonly store = inject(ThemeStore);
}
