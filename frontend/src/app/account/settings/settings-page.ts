import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  Injector,
  afterNextRender,
  inject,
  signal,
} from '@angular/core';
import { Router, RouterLink, RouterOutlet } from '@angular/router';
import { settingsTexts } from '../../i18n/settings-texts';
import { focusMain } from '../../ui/focus-main';
import { Icon } from '../../ui/icon';
import { Place } from '../../ui/place';
import { AccountClient } from '../account-client';
import { AccountStore } from '../account-store';

const PLACES = [
  { path: '/settings/account', icon: 'person', name: settingsTexts.account.title },
  { path: '/settings/security', icon: 'shield', name: settingsTexts.security.title },
  { path: '/settings/notifications', icon: 'bell', name: settingsTexts.notifications.title },
  { path: '/settings/help', icon: 'question', name: settingsTexts.help.title },
] as const;

/** The places of the settings beside the open one; a phone shows one or the other. */
@Component({
  selector: 'app-settings-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, Place, RouterLink, RouterOutlet],
  providers: [AccountClient, AccountStore],
  template: `
    <main class="settings" [class.settings--open]="isOpen()">
      <nav class="settings__nav" aria-labelledby="settings">
        <h1 id="settings" class="settings__title">{{ texts.title }}</h1>
        @for (place of places; track place.path) {
          <a class="settings__link" [routerLink]="place.path" [appPlace]="place.path">
            <app-icon [name]="place.icon" />{{ place.name }}
            <app-icon class="settings__chevron" name="next" />
          </a>
        }
      </nav>
      <router-outlet (activate)="opened()" (deactivate)="isOpen.set(false)" />
    </main>
  `,
  host: { class: 'scroller' },
})
export class SettingsPage {
  readonly #document = inject(DOCUMENT);
  readonly #injector = inject(Injector);
  readonly #router = inject(Router);

  protected readonly texts = settingsTexts;
  protected readonly places = PLACES;
  protected readonly isOpen = signal(false);

  /** The heading says what has opened, unless the browser has just opened it. */
  protected opened(): void {
    this.isOpen.set(true);
    // The outlet of the first page is there only after its navigation, and those of the next ones during them.
    const navigation = this.#router.currentNavigation() ?? this.#router.lastSuccessfulNavigation();
    if (!navigation?.previousNavigation) return;
    afterNextRender(
      () => {
        focusMain(this.#document);
      },
      { injector: this.#injector },
    );
  }
}
