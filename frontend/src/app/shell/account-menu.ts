import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { SessionStore } from '../session/session-store';
import { texts } from '../texts/texts';
import { Avatar } from '../ui/avatar';
import { ThemeSwitch } from '../ui/theme-switch';

@Component({
  selector: 'app-account-menu',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, RouterLink, ThemeSwitch],
  template: `
    <button
      type="button"
      class="account-button"
      popovertarget="account-menu"
      [attr.aria-label]="texts.menu(email())"
    >
      <app-avatar [letters]="initials()" [of]="email()" />
    </button>
    <div #menu id="account-menu" class="menu" popover>
      <p class="menu__who">
        {{ texts.signedInAs }} <strong>{{ email() }}</strong>
      </p>
      <app-theme-switch />
      <a class="button" routerLink="/account" (click)="menu.hidePopover()">{{ texts.toAccount }}</a>
      <button type="button" class="button" (click)="session.signOut()">{{ texts.signOut }}</button>
    </div>
  `,
})
export class AccountMenu {
  protected readonly session = inject(SessionStore);

  readonly email = input.required<string>();

  protected readonly texts = texts.account;
  protected readonly initials = computed(() => this.email().slice(0, 2).toUpperCase());
}
