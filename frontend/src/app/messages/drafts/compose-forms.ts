import { DestroyRef, Injectable, effect, inject, untracked } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { NewMessage } from '../../api/models';
import { Reading, UNREAD, readNumber } from '../../phone-numbers/parse-phone-number';
import { ComposeForm, newComposeForm, replace } from './compose-form';
import { Drafts } from './drafts';
import { NumberReader } from '../recipient-parser';
import { toE164 } from '../../phone-numbers/format-phone-number';

/** The place for a message to somebody new; the others are numbers. */
export const NEW = 'new';

/** What is written but not sent stays where it was written, whoever one looks at meanwhile. */
@Injectable()
export class ComposeForms {
  readonly #drafts = inject(Drafts);
  readonly #reader = inject(NumberReader);
  readonly #destroyRef = inject(DestroyRef);
  readonly #forms = new Map<string, ComposeForm>();
  #isFollowing = false;

  constructor() {
    this.#drafts.changes.pipe(takeUntilDestroyed()).subscribe((place) => {
      if (place !== undefined) this.#follow(place);
    });
    // What the reader learns decides about a number that is there already.
    effect(() => {
      this.#reader.known();
      untracked(() => {
        this.#forms.get(NEW)?.controls.recipient_number.updateValueAndValidity();
      });
    });
  }

  at(place: string): ComposeForm {
    const known = this.#forms.get(place);
    if (known) return known;
    const form =
      place === NEW
        ? newComposeForm('', (written) => this.#reader.read(written))
        : newComposeForm(place, readAddress);
    const draft = this.#drafts.read(place);
    if (draft) form.setValue(draft);
    form.valueChanges.pipe(takeUntilDestroyed(this.#destroyRef)).subscribe(() => {
      if (this.#isFollowing) return;
      const { recipient_number, content } = form.getRawValue();
      const isEmpty = content === '' && (place !== NEW || recipient_number === '');
      if (isEmpty) this.#drafts.remove(place);
      else this.#drafts.keep(place, { recipient_number, content });
    });
    this.#forms.set(place, form);
    return form;
  }

  /** Returns a message to where it was written, before what has been written since. */
  putBack({ recipient_number, content }: NewMessage): void {
    const form = this.at(recipient_number);
    const since = form.getRawValue().content;
    form.setValue({ recipient_number, content: since ? `${content}\n${since}` : content });
  }

  /** Where the number can be changed too. What was written there can be had back. */
  putInNew(message: NewMessage): void {
    replace(this.at(NEW), message);
  }

  /** There is one draft for each place, in all tabs: what is sent in one is not left to be sent again in another. */
  #follow(place: string): void {
    const form = this.#forms.get(place);
    if (!form) return;
    this.#isFollowing = true;
    const draft = this.#drafts.read(place);
    if (draft) form.setValue(draft);
    else form.reset();
    this.#isFollowing = false;
  }
}

function readAddress(place: string): Reading | undefined {
  return toE164(place) ? undefined : (readNumber(place, undefined, undefined) ?? UNREAD);
}
