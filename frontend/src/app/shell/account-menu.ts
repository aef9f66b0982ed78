import { ChangeDetectionStrategy, Component, computed, inject, input, signal } from '@angular/core';
import { SessionStore } from '../session/session-store';
import { texts } from '../texts/texts';
import { Avatar } from '../ui/avatar';
import { ThemeSwitch } from '../ui/theme-switch';

@Component({
  selector: 'app-account-menu',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, ThemeSwitch],
  template: `
    <button
      type="button"
      class="account-button"
      popovertarget="account-menu"
      [attr.aria-label]="texts.menu(email())"
    >
      <app-avatar [letters]="initials()" [of]="email()" />
    </button>
    <div id="account-menu" class="menu" popover>
      <p class="menu__who">
        {{ texts.signedInAs }} <strong>{{ email() }}</strong>
      </p>
      <app-theme-switch />
      <button type="button" class="button" [disabled]="leaving()" (click)="signOut()">
        {{ leaving() ? texts.signingOut : texts.signOut }}
      </button>
    </div>
  `,
})
export class AccountMenu {
  readonly #session = inject(SessionStore);

  readonly email = input.required<string>();

  protected readonly texts = texts.account;
  protected readonly leaving = signal(false);
  protected readonly initials = computed(() => this.email().slice(0, 2).toUpperCase());

  protected async signOut(): Promise<void> {
    this.leaving.set(true);
    await this.#session.signOut();
  }
}
