import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { settingsTexts } from '../../i18n/settings-texts';
import { Icon } from '../../ui/icon';

/** The heading of one place of the settings; on a phone with the way back to all of them. */
@Component({
  selector: 'app-settings-header',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, RouterLink],
  template: `
    <a
      class="icon-button settings-page__back"
      routerLink="/settings"
      [attr.aria-label]="texts.back"
    >
      <app-icon name="back" />
    </a>
    <h1>{{ heading() }}</h1>
  `,
  host: { class: 'settings-page__header' },
})
export class SettingsHeader {
  readonly heading = input.required<string>();

  protected readonly texts = settingsTexts;
}
