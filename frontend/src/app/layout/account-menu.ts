import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { ConfirmSignOut } from '../session/confirm-sign-out';
import { SessionStore } from '../session/session-store';
import { SignOutQuestion } from '../session/sign-out-question';
import { layoutTexts } from '../i18n/layout-texts';
import { splitAtPlaceholder } from '../i18n/plural';
import { Avatar } from '../ui/avatar';

@Component({
  selector: 'app-account-menu',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, ConfirmSignOut, RouterLink],
  template: `
    <button
      type="button"
      class="account-menu__button"
      popovertarget="account-menu"
      [attr.aria-label]="texts.menu(email())"
    >
      <app-avatar class="avatar--small" [letters]="initials()" [name]="email()" />
    </button>
    <div #menu id="account-menu" class="menu" popover>
      <p class="account-menu__user">
        {{ signedInAs.before }}<strong translate="no">{{ email() }}</strong
        >{{ signedInAs.after }}
      </p>
      <a class="button" routerLink="/settings/account" (click)="menu.hidePopover()">{{
        texts.toAccount
      }}</a>
      <button type="button" class="button" (click)="menu.hidePopover(); signOut()">
        {{ texts.signOut }}
      </button>
    </div>
    <app-confirm-sign-out [question]="question" />
  `,
  host: { class: 'account-menu' },
})
export class AccountMenu {
  readonly #session = inject(SessionStore);

  readonly email = input.required<string>();

  protected readonly texts = layoutTexts.account;
  protected readonly signedInAs = splitAtPlaceholder(layoutTexts.account.signedInAs);
  protected readonly question = new SignOutQuestion();
  protected readonly initials = computed(() => this.email().slice(0, 2).toUpperCase());

  protected signOut(): void {
    this.question.ask(() => {
      this.#session.signOut();
    });
  }
}
