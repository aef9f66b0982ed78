import { DestroyRef, Injectable, effect, inject, untracked } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Subject, merge, pairwise, startWith } from 'rxjs';
import { toE164 } from '../../phone-numbers/format-phone-number';
import {
  PhoneNumberResult,
  RULES_UNAVAILABLE,
  parsePhoneNumber,
} from '../../phone-numbers/parse-phone-number';
import { NEW_MESSAGE } from '../conversation-key';
import { WrittenMessage } from '../pictures';
import { RecipientParser } from '../recipient-parser';
import { ComposeForm, newComposeForm, replace } from './compose-form';
import { Draft, Drafts } from './drafts';

/** The form of each conversation: what is written in it stays there while another conversation is open. */
@Injectable()
export class ComposeForms {
  readonly #drafts = inject(Drafts);
  readonly #parser = inject(RecipientParser);
  readonly #destroyRef = inject(DestroyRef);
  readonly #forms = new Map<string, ComposeForm>();
  readonly #removedElsewhere = new Subject<string>();
  #isSyncing = false;

  /** The keys of pictures that another tab has removed or sent. */
  readonly removedElsewhere = this.#removedElsewhere.asObservable();

  constructor() {
    this.#drafts.textChanges.pipe(takeUntilDestroyed()).subscribe((key) => {
      this.#sync(key, (form, { recipient_number, content }) => {
        form.patchValue({ recipient_number, content });
      });
    });
    this.#drafts.pictureChanges.pipe(takeUntilDestroyed()).subscribe((key) => {
      this.#sync(key, (form, { media = [] }) => {
        form.controls.media.setValue(media);
      });
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
      ? newComposeForm('', (text) => this.#parser.findWrong(text))
      : newComposeForm(conversationKey, parseKey);
    const draft = this.#drafts.read(conversationKey);
    if (draft) form.patchValue(draft);
    const { recipient_number, content, media } = form.controls;
    merge(recipient_number.valueChanges, content.valueChanges)
      .pipe(takeUntilDestroyed(this.#destroyRef))
      .subscribe(() => {
        if (!this.#isSyncing) this.#drafts.setText(conversationKey, form.getRawValue());
      });
    media.valueChanges
      .pipe(startWith(media.value), pairwise(), takeUntilDestroyed(this.#destroyRef))
      .subscribe(([before, now]) => {
        if (!this.#isSyncing) this.#drafts.setPictures(conversationKey, before, now);
      });
    this.#forms.set(conversationKey, form);
    return form;
  }

  /** Puts a message back into the form of its conversation, in front of what has been written since. */
  putBack({ recipient_number, content, media = [] }: WrittenMessage): void {
    const form = this.get(recipient_number);
    const since = form.getRawValue();
    form.setValue({
      recipient_number,
      content: [content, since.content].filter(Boolean).join('\n'),
      media: [...media, ...since.media],
    });
  }

  /** Puts a message into the form for a new recipient, where its number can be changed. The user can undo this. */
  putIntoNew(message: WrittenMessage): void {
    replace(this.get(NEW_MESSAGE), { ...message, media: message.media ?? [] });
  }

  /** Adds a text to the message to a new recipient, after what is written there, unless it ends with this text. */
  addToNew(text: string): void {
    const { content } = this.get(NEW_MESSAGE).controls;
    if (`\n${content.value}`.endsWith(`\n${text}`)) return;
    content.setValue(content.value ? `${content.value}\n${text}` : text);
  }

  /** All tabs share one draft for each conversation, so that a message sent in one tab is not sent again from another. */
  #sync(
    conversationKey: string | undefined,
    update: (form: ComposeForm, draft: Draft) => void,
  ): void {
    const form = conversationKey === undefined ? undefined : this.#forms.get(conversationKey);
    if (!form || conversationKey === undefined) return;
    const before = form.controls.media.value;
    this.#isSyncing = true;
    const draft = this.#drafts.read(conversationKey);
    if (draft) update(form, draft);
    else form.reset();
    this.#isSyncing = false;
    const keys = new Set(form.controls.media.value.map(({ key }) => key));
    for (const { key } of before) if (!keys.has(key)) this.#removedElsewhere.next(key);
  }
}

function parseKey(conversationKey: string): PhoneNumberResult | undefined {
  if (toE164(conversationKey)) return undefined;
  return parsePhoneNumber(conversationKey, undefined, undefined) ?? RULES_UNAVAILABLE;
}
