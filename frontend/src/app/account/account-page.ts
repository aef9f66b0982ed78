import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { RouterLink } from '@angular/router';
import { SessionStore } from '../session/session-store';
import { accountTexts } from '../i18n/account-texts';
import { Icon } from '../ui/icon';
import { AccountClient } from './account-client';
import { AccountStore } from './account-store';
import { ChangePassword } from './change-password';
import { DeleteAccount } from './delete-account';
import { ExportAccount } from './export-account';
import { SecondFactor } from './second-factor/second-factor';
import { SessionList } from './session-list';
import { ThemeSwitch } from '../ui/theme-switch';

@Component({
  selector: 'app-account-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    ChangePassword,
    DeleteAccount,
    ExportAccount,
    Icon,
    RouterLink,
    SecondFactor,
    SessionList,
    ThemeSwitch,
  ],
  providers: [AccountClient, AccountStore],
  template: `
    @if (user(); as user) {
      <main class="account-page">
        <a class="button button--quiet" routerLink="/messages">
          <app-icon name="back" />{{ texts.back }}
        </a>
        <header>
          <h1>{{ texts.title }}</h1>
          <p translate="no">{{ user.email }}</p>
        </header>
        <app-theme-switch class="panel" />
        <app-session-list />
        <app-change-password [email]="user.email" />
        <app-second-factor />
        <app-export-account />
        <app-delete-account />
      </main>
    }
  `,
  host: { class: 'scroller' },
})
export class AccountPage {
  protected readonly user = inject(SessionStore).user;
  protected readonly texts = accountTexts.page;
}
