import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { SessionStore } from '../session/session-store';
import { frameTexts } from '../texts/frame-texts';
import { Avatar } from '../ui/avatar';

@Component({
  selector: 'app-account-menu',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, RouterLink],
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
      <a class="button" routerLink="/account" (click)="menu.hidePopover()">{{ texts.toAccount }}</a>
      <button type="button" class="button" (click)="session.signOut()">{{ texts.signOut }}</button>
    </div>
  `,
})
export class AccountMenu {
  protected readonly session = inject(SessionStore);

  readonly email = input.required<string>();

  protected readonly texts = frameTexts.account;
  protected readonly initials = computed(() => this.email().slice(0, 2).toUpperCase());
}
