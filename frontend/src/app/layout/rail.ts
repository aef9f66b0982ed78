import { ChangeDetectionStrategy, Component, input, output } from '@angular/core';
import { RouterLink } from '@angular/router';
import { firstPageTexts } from '../i18n/first-page-texts';
import { layoutTexts } from '../i18n/layout-texts';
import { Icon } from '../ui/icon';
import { Place } from '../ui/place';
import { UnreadBadge } from '../ui/unread-badge';
import { AccountMenu } from './account-menu';

/** The places: at the side, and on a phone a bar of tabs below the page. */
@Component({
  selector: 'app-rail',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AccountMenu, Icon, Place, RouterLink, UnreadBadge],
  template: `
    <img class="logo rail__brand" src="/favicon.svg" width="36" height="36" [alt]="brand" />
    <a class="rail__item" routerLink="/messages" appPlace="/messages">
      <span class="rail__glyph"><app-icon name="messages" /></span>{{ texts.places.messages }}
      <app-unread-badge class="rail__badge" [count]="unread()" />
    </a>
    <a class="rail__item" routerLink="/contacts" appPlace="/contacts">
      <span class="rail__glyph"><app-icon name="person" /></span>{{ texts.places.contacts }}
    </a>
    <a class="rail__item" routerLink="/log" appPlace="/log">
      <span class="rail__glyph"><app-icon name="log" /></span>{{ texts.places.log }}
    </a>
    <span class="rail__push"></span>
    <button type="button" class="rail__item rail__item--wide" (click)="help.emit()">
      <span class="rail__glyph"><app-icon name="question" /></span>{{ texts.help }}
    </button>
    <a class="rail__item" routerLink="/settings" appPlace="/settings">
      <span class="rail__glyph"><app-icon name="settings" /></span>{{ texts.places.settings }}
    </a>
    <app-account-menu [email]="email()" />
  `,
  host: { class: 'rail', role: 'navigation', '[attr.aria-label]': 'texts.places.label' },
})
export class Rail {
  readonly email = input.required<string>();
  readonly unread = input.required<number>();
  readonly help = output();

  protected readonly brand = firstPageTexts.brand;
  protected readonly texts = layoutTexts;
}
