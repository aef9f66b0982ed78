import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { FormControl } from '@angular/forms';
import { messagesTexts } from '../../i18n/messages-texts';
import { optOutTexts } from '../../i18n/opt-out-texts';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { Recipients, joinRecipients, splitRecipients } from '../../messages/drafts/recipients';
import { Country, RecipientParser } from '../../messages/recipient-parser';
import { isBlank } from '../../phone-numbers/blank';
import { ContactNames } from '../../phone-numbers/contact-names';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import { Avatar } from '../../ui/avatar';
import { controlEvents } from '../../ui/control-events';
import { Icon } from '../../ui/icon';
import { isComposing } from '../../ui/is-composing';
import { errorSentences, showsErrors } from '../../ui/validators';
import { MessengerIcon } from '../messenger-icon';

const MAX_SUGGESTIONS = 5;
/** A number is asked about once it is typed, and not with each digit. */
const TYPED_AFTER_MS = 500;
/** A + begins another number, as in a column that was copied. */
const SEPARATOR = /[,;]\s*|\s(?=\+)/;

interface Option {
  readonly number: string;
  readonly name: string;
  readonly country: Country | undefined;
  /** Beside the code of the country: its name, or the number of a person who has a name. */
  readonly detail: string | undefined;
  /** What is typed, as it was understood. */
  readonly isUnderstood: boolean;
  /** There is a conversation with this number. */
  readonly isKnown: boolean;
  readonly isFirstKnown: boolean;
}

/**
 * Takes numbers in any spelling, shows how each was understood, and suggests those written to before: a combobox with a
 * list of options (ARIA Authoring Practices), and the numbers chosen before its text.
 */
@Component({
  selector: 'app-recipient-field',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, Icon, MessengerIcon],
  templateUrl: './recipient-field.html',
  host: {
    class: 'recipient',
    '(mousedown)': 'keepFocus($event)',
    '(click)': 'click($event)',
  },
})
export class RecipientField {
  readonly #parser = inject(RecipientParser);
  readonly #optOuts = inject(OptOutsStore);

  readonly control = input.required<FormControl<string>>();
  /** The numbers that there are conversations with, the most recent first. */
  readonly known = input<readonly string[]>([]);
  readonly showsErrorIfBlank = input(false);
  /** For screen readers. */
  readonly announce = output<string>();
  /** Enter, with all recipients chosen. */
  readonly done = output();

  protected readonly texts = messagesTexts.compose;
  protected readonly names = inject(ContactNames);
  protected readonly field = viewChild.required<ElementRef<HTMLInputElement>>('input');
  readonly #events = controlEvents(this.control);

  protected readonly recipients = computed<Recipients>(() => {
    this.#events();
    return splitRecipients(this.control().value);
  });
  readonly #typed = computed(() => this.recipients().typed);
  readonly #understood = computed(() => this.#parser.parse(this.#typed())?.number);
  protected readonly options = computed(() => {
    const understood = this.#understood();
    const { chosen } = this.recipients();
    const named = this.names.search(this.#typed(), MAX_SUGGESTIONS);
    const known = [...named, ...this.known().filter((number) => isMatch(number, this.#typed()))]
      .filter((number, index, all) => all.indexOf(number) === index)
      .filter((number) => number !== understood && !chosen.includes(number))
      .slice(0, MAX_SUGGESTIONS)
      .map((number, index) => this.#present(number, index === 0));
    return understood === undefined ? known : [this.#presentUnderstood(understood), ...known];
  });

  protected readonly isFocused = signal(false);
  /** By Escape, until something else is typed. */
  readonly #isClosed = linkedSignal({ source: this.#typed, computation: () => false });
  protected readonly isOpen = computed(
    () => this.isFocused() && !this.#isClosed() && this.options().length > 0,
  );
  /** Enter chooses what is typed, or the first of that name, unless arrows have led elsewhere. */
  protected readonly active = linkedSignal<string, number>({
    source: () => [this.#typed(), this.#understood()].join(),
    computation: () =>
      this.#understood() === undefined && this.names.search(this.#typed(), 1).length === 0 ? -1 : 0,
  });

  protected readonly errors = computed(() => {
    this.#events();
    const control = this.control();
    const isShown = this.showsErrorIfBlank() || !isBlank(this.#typed());
    return isShown && showsErrors(control) ? errorSentences(control, this.texts.phoneNumber) : [];
  });
  readonly #asked = new Set<string>();
  readonly #numbers = computed(() =>
    [...this.recipients().chosen, this.#understood() ?? []].flat(),
  );
  /** Who of them gets no messages. */
  protected readonly optedOut = computed(() => {
    const names = this.#numbers()
      .filter((number) => this.hasOptedOut(number))
      .map((number) => this.names.of(number));
    return names.length > 0 ? optOutTexts.recipients(names) : '';
  });
  protected readonly hint = computed(() => {
    const { chosen, typed } = this.recipients();
    if (!isBlank(typed)) return this.#parser.preview(typed) || this.#parser.hint();
    const reached = chosen.filter((number) => !this.hasOptedOut(number)).length;
    if (reached > 1) return this.texts.ownTexts(reached);
    return chosen.length === 0 ? this.#parser.hint() : '';
  });

  constructor() {
    effect((onCleanup) => {
      const unknown = this.#numbers().filter((number) => !this.#asked.has(number));
      if (unknown.length === 0) return;
      const timer = setTimeout(() => {
        for (const number of unknown) this.#asked.add(number);
        this.#optOuts.load(...unknown);
      }, TYPED_AFTER_MS);
      onCleanup(() => {
        clearTimeout(timer);
      });
    });
    // At once, as for any other field of the form: what a browser has filled in is told by the difference.
    effect((onCleanup) => {
      const changes = this.control().valueChanges.subscribe((value) => {
        const input = this.field().nativeElement;
        const { typed } = splitRecipients(value);
        if (input.value !== typed) input.value = typed;
      });
      onCleanup(() => {
        changes.unsubscribe();
      });
    });
  }

  focus(): void {
    this.field().nativeElement.focus();
  }

  /** A list that was pasted is taken apart as far as it is understood. */
  protected type(text: string): void {
    // After many recipients, whose list scrolls.
    this.field().nativeElement.scrollIntoView({ block: 'nearest' });
    const { chosen } = this.recipients();
    const parts = text.split(SEPARATOR);
    const numbers: string[] = [];
    while (parts.length > 1) {
      const number = this.#parser.parse(parts[0] ?? '')?.number;
      if (number === undefined) break;
      numbers.push(number);
      parts.shift();
    }
    const rest = numbers.length > 0 ? parts.join(',').trim() : text;
    this.#set({ chosen: [...chosen, ...numbers], typed: rest });
    if (numbers.length === 0) return;
    this.announce.emit(this.texts.added(numbers.map((number) => this.names.of(number))));
  }

  protected handle(event: KeyboardEvent): void {
    if (isComposing(event) || event.altKey || event.ctrlKey || event.metaKey) return;
    const { chosen, typed } = this.recipients();
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp':
        event.preventDefault();
        this.#move(event.key === 'ArrowDown' ? 1 : -1);
        break;
      case 'Enter':
        event.preventDefault();
        if (!event.repeat) this.#enter();
        break;
      case 'Escape':
        // With nothing typed, there is nothing to keep: Escape leaves the field.
        if (!this.isOpen() || isBlank(typed)) return;
        event.preventDefault();
        this.#isClosed.set(true);
        break;
      case 'Backspace': {
        const last = chosen.at(-1);
        if (typed !== '' || last === undefined || event.repeat) return;
        event.preventDefault();
        this.remove(last);
        break;
      }
    }
  }

  /** The options are reached by arrows: only the text field has the focus. */
  protected keepFocus(event: Event): void {
    if (optionOf(event) !== undefined) event.preventDefault();
  }

  protected click(event: Event): void {
    const number = optionOf(event);
    if (number !== undefined) this.#choose(number);
  }

  protected hasOptedOut(number: string): boolean {
    return this.#optOuts.of(number)?.opted_out ?? false;
  }

  #choose(number: string): void {
    this.#set({ chosen: [...this.recipients().chosen, number], typed: '' });
    this.announce.emit(this.texts.added([this.names.of(number)]));
    this.focus();
  }

  protected remove(number: string): void {
    const { chosen, typed } = this.recipients();
    this.#set({ chosen: chosen.filter((other) => other !== number), typed });
    this.announce.emit(this.texts.removed(this.names.of(number)));
    this.focus();
  }

  protected leave(): void {
    this.isFocused.set(false);
    this.control().markAsTouched();
    // When the field is left, and not with each digit.
    this.announce.emit(this.#parser.preview(this.#typed()));
  }

  #enter(): void {
    const option = this.isOpen() ? this.options()[this.active()] : undefined;
    const number = option?.number ?? this.#understood();
    if (number !== undefined) {
      this.#choose(number);
    } else if (isBlank(this.#typed()) && this.recipients().chosen.length > 0) {
      this.done.emit();
    } else if (!isBlank(this.#typed())) {
      this.control().markAsTouched();
      this.control().markAsDirty();
    }
  }

  /** Past either end, no option is active. */
  #move(by: 1 | -1): void {
    if (!this.isOpen()) {
      this.#isClosed.set(false);
      return;
    }
    const count = this.options().length + 1;
    this.active.update((active) => ((active + 1 + by + count) % count) - 1);
    const option = document.getElementById(`recipient-option-${this.active()}`);
    option?.scrollIntoView({ block: 'nearest' });
  }

  #set(recipients: Recipients): void {
    const control = this.control();
    control.setValue(joinRecipients(recipients));
    control.markAsDirty();
  }

  #present(number: string, isFirstKnown: boolean): Option {
    const country = this.#parser.countryOf(number);
    return {
      number,
      name: this.names.of(number),
      country,
      detail: this.names.find(number) === undefined ? country?.name : formatPhoneNumber(number),
      isUnderstood: false,
      isKnown: true,
      isFirstKnown,
    };
  }

  #presentUnderstood(number: string): Option {
    return {
      number,
      name: this.#parser.preview(number),
      country: undefined,
      detail: undefined,
      isUnderstood: true,
      isKnown: this.known().includes(number),
      isFirstKnown: false,
    };
  }
}

function optionOf({ target }: Event): string | undefined {
  const option = target instanceof Element ? target.closest<HTMLElement>('[role=option]') : null;
  return option?.dataset['number'];
}

/** By their digits, with or without the country code. */
function isMatch(number: string, typed: string): boolean {
  const digits = typed.replace(/\D/g, '');
  if (digits === '') return isBlank(typed);
  return number.includes(digits.replace(/^0+(?=\d)/, ''));
}
