import { DestroyRef, Injectable, effect, inject, untracked } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { NewMessage } from '../../api/models';
import { isBlank } from '../../phone-numbers/blank';
import { toE164 } from '../../phone-numbers/format-phone-number';
import {
  PhoneNumberResult,
  RULES_UNAVAILABLE,
  parsePhoneNumber,
} from '../../phone-numbers/parse-phone-number';
import { NEW_MESSAGE } from '../conversation-key';
import { RecipientParser } from '../recipient-parser';
import { ComposeForm, newComposeForm, replace } from './compose-form';
import { Drafts } from './drafts';
import { splitRecipients } from './recipients';

/** The form of each conversation: what is written in it stays there while another conversation is open. */
@Injectable()
export class ComposeForms {
  readonly #drafts = inject(Drafts);
  readonly #parser = inject(RecipientParser);
  readonly #destroyRef = inject(DestroyRef);
  readonly #forms = new Map<string, ComposeForm>();
  #isSyncing = false;

  constructor() {
    this.#drafts.changes.pipe(takeUntilDestroyed()).subscribe((key) => {
      if (key !== undefined) this.#syncFromStorage(key);
    });
    // A number may become valid or invalid once the default country and the rules are known.
    effect(() => {
      this.#parser.known();
      untracked(() => {
        this.#forms.get(NEW_MESSAGE)?.controls.recipient_number.updateValueAndValidity();
      });
    });
  }

  get(conversationKey: string): ComposeForm {
    const known = this.#forms.get(conversationKey);
    if (known) return known;
    const isNew = conversationKey === NEW_MESSAGE;
    const form = isNew
      ? newComposeForm('', (text) => this.#parseRecipients(text))
      : newComposeForm(conversationKey, parseKey);
    const draft = this.#drafts.read(conversationKey);
    if (draft) form.setValue(draft);
    form.valueChanges.pipe(takeUntilDestroyed(this.#destroyRef)).subscribe(() => {
      if (this.#isSyncing) return;
      const { recipient_number, content } = form.getRawValue();
      const isEmpty = content === '' && (!isNew || recipient_number === '');
      if (isEmpty) this.#drafts.remove(conversationKey);
      else this.#drafts.set(conversationKey, { recipient_number, content });
    });
    this.#forms.set(conversationKey, form);
    return form;
  }

  /** Puts a message back into the form of its conversation, in front of what has been written since. */
  putBack({ recipient_number, content }: NewMessage): void {
    const form = this.get(recipient_number);
    const since = form.getRawValue().content;
    form.setValue({ recipient_number, content: since ? `${content}\n${since}` : content });
  }

  /** Puts a message into the form for a new recipient, where its number can be changed. The user can undo this. */
  putIntoNew(message: NewMessage): void {
    replace(this.get(NEW_MESSAGE), message);
  }

  /** Adds a text to the message to a new recipient, after what is written there. */
  addToNew(text: string): void {
    const { content } = this.get(NEW_MESSAGE).controls;
    content.setValue(content.value ? `${content.value}\n${text}` : text);
  }

  /** What is wrong with one of them, if anything is known to be. */
  #parseRecipients(text: string): PhoneNumberResult | undefined {
    const { chosen, typed } = splitRecipients(text);
    // Until the rules are loaded, those chosen may only look like E.164.
    const texts = chosen.length > 0 && isBlank(typed) ? chosen : [...chosen, typed];
    return texts.map((each) => this.#parser.parse(each)).find((result) => result?.error);
  }

  /** All tabs share one draft for each conversation, so that a message sent in one tab is not sent again from another. */
  #syncFromStorage(conversationKey: string): void {
    const form = this.#forms.get(conversationKey);
    if (!form) return;
    this.#isSyncing = true;
    const draft = this.#drafts.read(conversationKey);
    if (draft) form.setValue(draft);
    else form.reset();
    this.#isSyncing = false;
  }
}

function parseKey(conversationKey: string): PhoneNumberResult | undefined {
  if (toE164(conversationKey)) return undefined;
  return parsePhoneNumber(conversationKey, undefined, undefined) ?? RULES_UNAVAILABLE;
}
