import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { accountTexts } from '../../i18n/account-texts';
import { settingsTexts } from '../../i18n/settings-texts';
import { ConfirmSignOut } from '../../session/confirm-sign-out';
import { SessionStore } from '../../session/session-store';
import { SignOutQuestion } from '../../session/sign-out-question';
import { Avatar } from '../../ui/avatar';
import { DeleteAccount } from './delete-account';
import { ExportAccount } from './export-account';
import { SettingsHeader } from './settings-header';
import { ThemeSwitch } from './theme-switch';

@Component({
  selector: 'app-account-settings',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, ConfirmSignOut, DeleteAccount, ExportAccount, SettingsHeader, ThemeSwitch],
  template: `
    <app-settings-header [heading]="texts.title" />
    <section class="settings-group" aria-labelledby="you">
      <header class="settings-group__head">
        <h2 id="you">{{ texts.you }}</h2>
      </header>
      <div class="settings-card">
        <div class="settings-row">
          <app-avatar [letters]="email().slice(0, 2).toUpperCase()" [name]="email()" />
          <p class="settings-row__main settings-row__name" translate="no">{{ email() }}</p>
          <button type="button" class="button" (click)="signOut()">{{ texts.signOut }}</button>
        </div>
      </div>
    </section>
    <section class="settings-group" aria-labelledby="appearance">
      <header class="settings-group__head">
        <h2 id="appearance">{{ texts.appearance }}</h2>
      </header>
      <div class="settings-card"><app-theme-switch /></div>
    </section>
    <section class="settings-group" aria-labelledby="your-data">
      <header class="settings-group__head">
        <h2 id="your-data">{{ texts.yourData }}</h2>
      </header>
      <div class="settings-card">
        <app-export-account />
        <app-delete-account />
      </div>
    </section>
    <app-confirm-sign-out [question]="question" />
  `,
  host: { class: 'settings-page' },
})
export class AccountSettings {
  readonly #session = inject(SessionStore);

  protected readonly texts = { ...settingsTexts.account, signOut: accountTexts.sessions.signOut };
  protected readonly question = new SignOutQuestion();
  protected readonly email = computed(() => this.#session.user()?.email ?? '');

  protected signOut(): void {
    this.question.ask(() => {
      this.#session.signOut();
    });
  }
}
