import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { contactsPageTexts } from '../../i18n/contacts-page-texts';
import { Icon } from '../../ui/icon';

/** The heading of what is open beside the contacts; on a phone with the way back to all of them. */
@Component({
  selector: 'app-contacts-header',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, RouterLink],
  template: `
    <a class="icon-button contacts__back" routerLink="/contacts" [attr.aria-label]="texts.back">
      <app-icon name="back" />
    </a>
    <h1>{{ heading() }}</h1>
    <ng-content />
  `,
  host: { class: 'contacts__header' },
})
export class ContactsHeader {
  readonly heading = input.required<string>();

  protected readonly texts = contactsPageTexts;
}
