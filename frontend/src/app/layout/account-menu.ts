import { ChangeDetectionStrategy, Component, computed, inject, input, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { SessionStore } from '../session/session-store';
import { Unsent, UserStorage } from '../session/user-storage';
import { frameTexts } from '../i18n/layout-texts';
import { leavingTexts } from '../i18n/sign-out-texts';
import { Avatar } from '../ui/avatar';
import { QuestionDialog } from '../ui/confirm-dialog';

@Component({
  selector: 'app-account-menu',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, QuestionDialog, RouterLink],
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
        {{ texts.signedInAs }} <strong translate="no">{{ email() }}</strong>
      </p>
      <a class="button" routerLink="/account" (click)="menu.hidePopover()">{{ texts.toAccount }}</a>
      <button type="button" class="button" (click)="menu.hidePopover(); signOut()">
        {{ texts.signOut }}
      </button>
    </div>
    @if (unsent(); as unsent) {
      <app-question-dialog
        [title]="leaving.title"
        [text]="leaving.explanation(unsent)"
        [yes]="leaving.leave"
        [no]="leaving.stay"
        (answered)="decide($event)"
      />
    }
  `,
})
export class AccountMenu {
  readonly #session = inject(SessionStore);
  readonly #kept = inject(UserStorage);

  readonly email = input.required<string>();

  protected readonly texts = frameTexts.account;
  protected readonly leaving = leavingTexts;
  /** What signing out would delete, while that is being asked. */
  protected readonly unsent = signal<Unsent | undefined>(undefined);
  protected readonly initials = computed(() => this.email().slice(0, 2).toUpperCase());

  protected signOut(): void {
    const unsent = this.#kept.unsent();
    if (unsent) this.unsent.set(unsent);
    else this.#session.signOut();
  }

  protected decide(leave: boolean): void {
    this.unsent.set(undefined);
    if (leave) this.#session.signOut();
  }
}
