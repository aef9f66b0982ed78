import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  ViewContainerRef,
  inject,
  input,
  viewChild,
} from '@angular/core';
import { RouterOutlet } from '@angular/router';
import { SessionStore } from '../session/session-store';
import { layoutTexts } from '../i18n/layout-texts';
import { focusMain } from '../ui/focus-main';
import { LazyParts } from '../ui/lazy-parts';
import { KEYS, Shortcuts } from '../ui/shortcuts';
import { withStylesheet } from '../ui/stylesheet';
import { supportBrowserTranslation } from '../ui/browser-translation';
import { ConnectionNotice } from './connection-notice';
import { Rail } from './rail';
import { isAtPlace } from '../ui/place';
import { restoreFocusOnRemoval } from '../ui/restore-focus-on-removal';
import { StorageNotice } from './storage-notice';
import { UpdateNotice } from './update-notice';

const loadHelp = () => withStylesheet(import('./help-dialog'), 'help');

/** The places and the notices around every page of a signed-in user, and the help. */
@Component({
  selector: 'app-signed-in-layout',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ConnectionNotice, Rail, RouterOutlet, StorageNotice, UpdateNotice],
  template: `
    @if (session.user(); as user) {
      <button type="button" class="button signed-in-layout__skip" (click)="skip()">
        {{ texts.skip }}
      </button>
      <app-rail [email]="user.email" [unread]="unread()" (help)="showHelp()" />
    }
    <div class="signed-in-layout__desk">
      @if (session.user()) {
        <app-storage-notice />
        <app-update-notice />
        <app-connection-notice [waiting]="waiting()" />
      }
      <div class="signed-in-layout__sheet"><router-outlet /></div>
    </div>
    <ng-container #help />
  `,
  host: {
    class: 'signed-in-layout',
    '(dragover)': 'refuseFiles($event)',
  },
})
export class SignedInLayout {
  readonly #document = inject(DOCUMENT);
  /** As a page, which has the same contents as the dialog. */
  readonly #helpIsOpen = isAtPlace(() => '/settings/help');
  readonly #lazyParts = inject(LazyParts);
  protected readonly session = inject(SessionStore);

  /** How many messages are sent once the connection is back. */
  readonly waiting = input.required<number>();
  /** How many messages are unread. */
  readonly unread = input.required<number>();

  protected readonly helpContainer = viewChild.required('help', { read: ViewContainerRef });

  protected readonly texts = layoutTexts;

  constructor() {
    restoreFocusOnRemoval();
    supportBrowserTranslation();
    inject(Shortcuts).add({ keys: KEYS.help, run: () => void this.showHelp() });
  }

  /** Where no part of the page takes them, the browser would open a file in place of the page. */
  protected refuseFiles(event: DragEvent): void {
    const { dataTransfer: data, defaultPrevented, target } = event;
    const takesFiles = target instanceof HTMLInputElement && target.type === 'file';
    if (defaultPrevented || takesFiles || !data?.types.includes('Files')) return;
    event.preventDefault();
    data.dropEffect = 'none';
  }

  protected skip(): void {
    focusMain(this.#document);
  }

  protected async showHelp(): Promise<void> {
    if (this.#helpIsOpen()) {
      focusMain(this.#document);
      return;
    }
    const help = this.helpContainer();
    const loaded = await this.#lazyParts.load(loadHelp);
    if (!loaded || help.length > 0) return;
    const dialog = help.createComponent(loaded.HelpDialog);
    dialog.instance.closed.subscribe(() => {
      dialog.destroy();
    });
  }
}
