import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  ViewContainerRef,
  inject,
  viewChild,
} from '@angular/core';
import { Router, RouterOutlet } from '@angular/router';
import helpStyles from '../../styles/help.css' with { loader: 'file' };
import { SessionStore } from '../session/session-store';
import { frameTexts } from '../i18n/layout-texts';
import { firstPageTexts } from '../i18n/first-page-texts';
import { focusMain } from '../ui/focus-main';
import { Icon } from '../ui/icon';
import { MissingPart } from '../ui/load-failure';
import { Shortcuts } from '../ui/shortcuts';
import { addStylesheet } from '../ui/stylesheet';
import { surviveTranslation } from '../ui/browser-translation';
import { AccountMenu } from './account-menu';
import { ConnectionLine } from './connection-indicator';
import { holdFocus } from '../ui/restore-focus-on-removal';
import { StorageNotice } from './storage-notice';
import { ThemeMenu } from './theme-menu';

/** What surrounds every page of who is signed in. */
@Component({
  selector: 'app-frame',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AccountMenu, ConnectionLine, Icon, RouterOutlet, StorageNotice, ThemeMenu],
  template: `
    @if (session.user(); as user) {
      <button type="button" class="button skip" (click)="skip()">{{ texts.skip }}</button>
      <header class="bar">
        <strong class="brand" translate="no">{{ brand }}</strong>
        <app-connection-line />
        <button type="button" class="button button--quiet bar__button" (click)="showHelp()">
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
  host: { class: 'frame' },
})
export class Frame {
  readonly #document = inject(DOCUMENT);
  readonly #router = inject(Router);
  readonly #missingPart = inject(MissingPart);
  protected readonly session = inject(SessionStore);

  protected readonly helpPlace = viewChild.required('help', { read: ViewContainerRef });

  protected readonly texts = frameTexts;
  protected readonly brand = firstPageTexts.brand;

  constructor() {
    holdFocus();
    surviveTranslation();
    const shortcuts = inject(Shortcuts);
    shortcuts.add({ keys: ['?'], label: frameTexts.help, run: () => void this.showHelp() });
    shortcuts.add({ keys: ['Escape'], label: frameTexts.leaveField });
  }

  protected skip(): void {
    focusMain(this.#document);
  }

  protected async showHelp(): Promise<void> {
    const help = this.helpPlace();
    const loading = Promise.all([import('./help-dialog'), addStylesheet(helpStyles)]);
    const loaded = await loading.catch(() => undefined);
    this.#missingPart.url.set(loaded ? undefined : this.#router.url);
    if (!loaded || help.length > 0) return;
    const dialog = help.createComponent(loaded[0].HelpDialog);
    dialog.instance.closed.subscribe(() => {
      dialog.destroy();
    });
  }
}
