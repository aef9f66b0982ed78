import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  computed,
  effect,
  inject,
  input,
  untracked,
  viewChild,
} from '@angular/core';
import { Title } from '@angular/platform-browser';
import { RouterLink } from '@angular/router';
import { ContactsStore } from '../../contacts/contacts-store';
import { contactTexts } from '../../i18n/contact-texts';
import { contactsPageTexts } from '../../i18n/contacts-page-texts';
import { firstPageTexts } from '../../i18n/first-page-texts';
import { toConversationKey } from '../../messages/conversation-key';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { ContactNames } from '../../phone-numbers/contact-names';
import { toE164 } from '../../phone-numbers/format-phone-number';
import { focusMain } from '../../ui/focus-main';
import { Icon } from '../../ui/icon';
import { ContactCard } from '../contact-card/contact-card';
import { ContactsHeader } from './contacts-header';

/** What is known about a number, and the way to its conversation. */
@Component({
  selector: 'app-contact-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ContactCard, ContactsHeader, Icon, RouterLink],
  template: `
    @if (e164(); as number) {
      <app-contacts-header [heading]="card.form.label">
        <a
          class="button"
          [class.button--primary]="isWritingNext()"
          [routerLink]="['/messages', keyOf(number)]"
        >
          <app-icon name="messages" />{{ texts.write }}
        </a>
      </app-contacts-header>
      @for (each of [number]; track each) {
        <app-contact-card [number]="each" [isNew]="edit() !== undefined" [level]="2" />
      }
    } @else {
      <app-contacts-header [heading]="texts.gone" />
      <p class="contacts__text">{{ texts.goneText }}</p>
    }
  `,
  host: { class: 'contact-page' },
})
export class ContactPage {
  readonly #document = inject(DOCUMENT);
  readonly #contacts = inject(ContactsStore);
  readonly #names = inject(ContactNames);
  readonly #optOuts = inject(OptOutsStore);
  readonly #title = inject(Title);

  private readonly shown = viewChild(ContactCard);

  /** In the address. */
  readonly number = input.required<string>();
  readonly edit = input<string>();

  protected readonly texts = contactsPageTexts;
  protected readonly card = contactTexts;
  protected readonly keyOf = toConversationKey;
  protected readonly e164 = computed(() => toE164(this.number()));
  /** Else the card has something that comes first: it asks for a name, or is to be saved, or says that nobody can write. */
  protected readonly isWritingNext = computed(() => {
    const number = this.e164() ?? '';
    const isKnown = this.#contacts.of(number) !== undefined;
    const isOptedOut = this.#optOuts.of(number)?.opted_out === true;
    return this.shown()?.isEditing() === false && isKnown && !isOptedOut;
  });

  constructor() {
    let isFirst = true;
    effect((onCleanup) => {
      const number = this.e164();
      if (number) onCleanup(untracked(() => this.#optOuts.follow(number)));
      // The page stays from one contact to the next.
      if (!isFirst) focusMain(this.#document);
      isFirst = false;
    });
    effect(() => {
      const number = this.e164();
      this.#title.setTitle(
        firstPageTexts.titleOf(number ? this.#names.of(number) : this.texts.gone),
      );
    });
  }
}
