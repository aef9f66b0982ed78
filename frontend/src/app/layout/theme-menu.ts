import { ChangeDetectionStrategy, Component } from '@angular/core';
import { layoutTexts } from '../i18n/layout-texts';
import { Icon } from '../ui/icon';
import { ThemeSwitch } from '../ui/theme-switch';

@Component({
  selector: 'app-theme-menu',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, ThemeSwitch],
  template: `
    <button
      type="button"
      class="button button--quiet app-bar__button"
      popovertarget="theme-menu"
      aria-haspopup="true"
    >
      <app-icon name="theme" /><span>{{ texts.legend }}</span>
    </button>
    <div id="theme-menu" class="menu theme-menu" popover>
      <app-theme-switch />
    </div>
  `,
})
export class ThemeMenu {
  protected readonly texts = layoutTexts.theme;
}
