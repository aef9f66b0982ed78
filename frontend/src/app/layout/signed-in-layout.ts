import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  ViewContainerRef,
  inject,
  viewChild,
} from '@angular/core';
import { Router, RouterOutlet } from '@angular/router';
import { SessionStore } from '../session/session-store';
import { layoutTexts } from '../i18n/layout-texts';
import { firstPageTexts } from '../i18n/first-page-texts';
import { focusMain } from '../ui/focus-main';
import { Icon } from '../ui/icon';
import { LoadFailure } from '../ui/load-failure';
import { Shortcuts } from '../ui/shortcuts';
import { withStylesheet } from '../ui/stylesheet';
import { supportBrowserTranslation } from '../ui/browser-translation';
import { AccountMenu } from './account-menu';
import { ConnectionIndicator } from './connection-indicator';
import { restoreFocusOnRemoval } from '../ui/restore-focus-on-removal';
import { StorageNotice } from './storage-notice';
import { ThemeMenu } from './theme-menu';

/** The header and the dialogs around every page of a signed-in user. */
@Component({
  selector: 'app-signed-in-layout',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AccountMenu, ConnectionIndicator, Icon, RouterOutlet, StorageNotice, ThemeMenu],
  template: `
    @if (session.user(); as user) {
      <button type="button" class="button signed-in-layout__skip" (click)="skip()">
        {{ texts.skip }}
      </button>
      <header class="app-bar">
        <strong class="brand" translate="no">{{ brand }}</strong>
        <app-connection-indicator />
        <button type="button" class="button button--quiet app-bar__button" (click)="showHelp()">
          <app-icon name="question" /><span>{{ texts.help }}</span>
          <kbd aria-hidden="true" translate="no">?</kbd>
        </button>
        <app-theme-menu />
        <app-account-menu [email]="user.email" />
      </header>
      <app-storage-notice />
    }
    <router-outlet />
    <ng-container #help />
  `,
  host: { class: 'signed-in-layout' },
})
export class SignedInLayout {
  readonly #document = inject(DOCUMENT);
  readonly #router = inject(Router);
  readonly #loadFailure = inject(LoadFailure);
  protected readonly session = inject(SessionStore);

  protected readonly helpContainer = viewChild.required('help', { read: ViewContainerRef });

  protected readonly texts = layoutTexts;
  protected readonly brand = firstPageTexts.brand;

  constructor() {
    restoreFocusOnRemoval();
    supportBrowserTranslation();
    const shortcuts = inject(Shortcuts);
    shortcuts.add({ keys: ['?'], label: layoutTexts.help, run: () => void this.showHelp() });
    shortcuts.add({ keys: ['Escape'], label: layoutTexts.leaveField });
  }

  protected skip(): void {
    focusMain(this.#document);
  }

  protected async showHelp(): Promise<void> {
    const help = this.helpContainer();
    const loading = withStylesheet(import('./help-dialog'), 'help');
    const loaded = await loading.catch(() => undefined);
    this.#loadFailure.url.set(loaded ? undefined : this.#router.url);
    if (!loaded || help.length > 0) return;
    const dialog = help.createComponent(loaded.HelpDialog);
    dialog.instance.closed.subscribe(() => {
      dialog.destroy();
    });
  }
}
