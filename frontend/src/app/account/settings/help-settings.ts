import { ChangeDetectionStrategy, Component } from '@angular/core';
import { settingsTexts } from '../../i18n/settings-texts';
import { HelpContents } from '../../ui/help/help-contents';
import { SettingsHeader } from './settings-header';

@Component({
  selector: 'app-help-settings',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [HelpContents, SettingsHeader],
  template: `
    <app-settings-header [heading]="texts.title" />
    <app-help-contents />
  `,
  host: { class: 'settings-page' },
})
export class HelpSettings {
  protected readonly texts = settingsTexts.help;
}
