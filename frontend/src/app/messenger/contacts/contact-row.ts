import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Contact } from '../../api/models';
import { contactsPageTexts } from '../../i18n/contacts-page-texts';
import { optOutTexts } from '../../i18n/opt-out-texts';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { ContactNames } from '../../phone-numbers/contact-names';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import { Avatar } from '../../ui/avatar';
import { MessengerIcon } from '../messenger-icon';

/** One of many: what is computed of it is kept, since each further hundred would have it computed again. */
@Component({
  selector: 'app-contact-row',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, MessengerIcon, RouterLink],
  templateUrl: './contact-row.html',
})
export class ContactRow {
  readonly contact = input.required<Contact>();
  readonly isOpen = input.required<boolean>();

  readonly #names = inject(ContactNames);
  readonly #optOuts = inject(OptOutsStore);

  protected readonly texts = contactsPageTexts;
  protected readonly optedOut = optOutTexts.optedOut;
  protected readonly initials = computed(() => this.#names.initialsOf(this.contact().number));
  protected readonly number = computed(() => formatPhoneNumber(this.contact().number));
  protected readonly isOptedOut = computed(
    () => this.#optOuts.of(this.contact().number)?.opted_out,
  );
}
