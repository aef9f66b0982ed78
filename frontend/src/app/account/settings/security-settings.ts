import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { settingsTexts } from '../../i18n/settings-texts';
import { SessionStore } from '../../session/session-store';
import { SecondFactor } from '../second-factor/second-factor';
import { ChangePassword } from './change-password';
import { SessionList } from './session-list';
import { SettingsHeader } from './settings-header';

@Component({
  selector: 'app-security-settings',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ChangePassword, SecondFactor, SessionList, SettingsHeader],
  template: `
    <app-settings-header [heading]="texts.title" />
    <app-change-password [email]="email()" />
    <app-second-factor />
    <app-session-list />
  `,
  host: { class: 'settings-page' },
})
export class SecuritySettings {
  readonly #user = inject(SessionStore).user;

  protected readonly texts = settingsTexts.security;
  protected readonly email = computed(() => this.#user()?.email ?? '');
}
