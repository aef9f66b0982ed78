import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  computed,
  inject,
  input,
  linkedSignal,
  signal,
} from '@angular/core';
import { describeProblem } from '../../api/describe-problem';
import { Contact } from '../../api/models';
import { toProblem } from '../../api/problem';
import { ContactDrafts } from '../../contacts/contact-drafts';
import { ContactsStore } from '../../contacts/contacts-store';
import { ContactsWriter } from '../../contacts/contacts-writer';
import { contactTexts } from '../../i18n/contact-texts';
import { shortDateAndTime } from '../../i18n/formats';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { ContactNames } from '../../phone-numbers/contact-names';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import { Avatar } from '../../ui/avatar';
import { Busy } from '../../ui/busy';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { CopyButton } from '../../ui/copy-button';
import { focusAfterRender } from '../../ui/focus-after-render';
import { Icon } from '../../ui/icon';
import { Skeleton } from '../../ui/skeleton';
import { MessengerIcon } from '../messenger-icon';
import { whyOptedOut } from '../opt-out/why-opted-out';
import { ContactEditor } from './contact-editor';
import { OptOutByHand } from './opt-out-by-hand';

/** Whose number it is, and what the user knows about them. */
@Component({
  selector: 'app-contact-card',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Avatar,
    Busy,
    ConfirmDialog,
    ContactEditor,
    CopyButton,
    Icon,
    MessengerIcon,
    OptOutByHand,
    Skeleton,
  ],
  providers: [ContactDrafts, ContactsWriter],
  templateUrl: './contact-card.html',
  host: { class: 'side-panel__content' },
})
export class ContactCard {
  readonly #writer = inject(ContactsWriter);
  readonly #drafts = inject(ContactDrafts);
  readonly #optOuts = inject(OptOutsStore);
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);
  protected readonly store = inject(ContactsStore);
  protected readonly names = inject(ContactNames);

  readonly number = input.required<string>();
  /** Whether it is there to be filled in. */
  readonly isNew = input(false);

  /** Of its first heading, if that is another one than beside a conversation. */
  readonly level = input<number>();

  protected readonly texts = contactTexts;
  protected readonly formatPhoneNumber = formatPhoneNumber;
  protected readonly contact = computed(() => this.store.of(this.number()));
  protected readonly optOut = computed(() => this.#optOuts.of(this.number()));
  protected readonly whyOptedOut = computed(() => {
    const optOut = this.optOut();
    return optOut?.opted_out ? whyOptedOut(optOut, this.names.of(this.number())) : '';
  });

  /** What has been typed before is still there to be saved. */
  readonly isEditing = linkedSignal(
    () => this.#drafts.read(this.number()) !== undefined || (this.isNew() && !this.#isStored()),
  );
  readonly #isStored = computed(() => this.contact() !== undefined);
  protected readonly announcement = signal('');
  protected readonly isAsking = signal(false);
  protected readonly isRemoving = signal(false);
  protected readonly removalProblem = signal('');

  protected edit(): void {
    this.announcement.set('');
    this.isEditing.set(true);
  }

  protected endEditing(isSaved: boolean): void {
    this.isEditing.set(false);
    this.#say(isSaved ? this.texts.saved : '');
  }

  protected async answerRemoval(isConfirmed: boolean): Promise<void> {
    this.isAsking.set(false);
    if (!isConfirmed) {
      this.removalProblem.set('');
      return;
    }
    this.isRemoving.set(true);
    try {
      await this.#writer.delete(this.number());
      this.removalProblem.set('');
      this.#say(this.texts.removal.removed);
    } catch (error) {
      this.removalProblem.set(describeProblem(toProblem(error)));
      this.isAsking.set(true);
    } finally {
      this.isRemoving.set(false);
    }
  }

  protected whenAgreed({ method, at }: NonNullable<Contact['consent']>): string {
    return this.texts.agreed(this.texts.methods[method], shortDateAndTime(new Date(at)));
  }

  /** The focus is on what can be done next. */
  #say(text: string): void {
    this.announcement.set(text);
    focusAfterRender(this.#host, '.contact-card__edit', this.#injector);
  }
}
