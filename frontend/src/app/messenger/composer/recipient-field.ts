import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  ViewContainerRef,
  afterNextRender,
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
import {
  Recipients,
  eachOnce,
  joinRecipients,
  splitRecipients,
} from '../../messages/drafts/recipients';
import { Country, RecipientParser } from '../../messages/recipient-parser';
import { isBlank } from '../../phone-numbers/blank';
import { ContactNames } from '../../phone-numbers/contact-names';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import { Avatar } from '../../ui/avatar';
import { controlEvents } from '../../ui/control-events';
import { Icon } from '../../ui/icon';
import { isComposing } from '../../ui/is-composing';
import { LazyParts } from '../../ui/lazy-parts';
import { withStylesheet } from '../../ui/stylesheet';
import { errorSentences, showsErrors } from '../../ui/validators';
import { MessengerIcon } from '../messenger-icon';

const MAX_SUGGESTIONS = 5;
/** A number is asked about once it is typed, and not with each digit. */
const TYPED_AFTER_MS = 500;
/** In characters: it is read out. */
const MOST_QUOTED = 60;
const LINES = /[\n\r]+/;

/** An empty first cell stays. */
const BEFORE_TABLE = /^[\ufeff\r\n]+/;
/** In place of separators. With it, nothing is a number, whatever is around it. */
const NOT_A_NUMBER = '¦';

const loadPastedTable = () =>
  withStylesheet(import('./pasted-table/column-dialog'), 'pasted-table');

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
 * Takes numbers in any spelling, shows how each was understood, and suggests contacts and those written to before: a
 * combobox with a list of options (ARIA Authoring Practices), and the numbers chosen before its text.
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
  readonly #injector = inject(Injector);
  readonly #place = inject(ViewContainerRef);
  readonly #lazyParts = inject(LazyParts);
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
  protected readonly formatPhoneNumber = formatPhoneNumber;
  protected readonly names = inject(ContactNames);
  protected readonly field = viewChild.required<ElementRef<HTMLInputElement>>('input');
  readonly #events = controlEvents(this.control);

  readonly #value = computed(() => {
    this.#events();
    return this.control().value;
  });
  protected readonly recipients = computed<Recipients>(() => splitRecipients(this.#value()));
  readonly #typed = computed(() => this.recipients().typed);
  /** Of a list, the part that is being typed. */
  readonly #lastTyped = computed(() => this.#parser.split(this.#typed()).at(-1) ?? '');
  /** Those that are chosen already are not suggested. */
  readonly #named = computed(() =>
    this.names.search(this.#lastTyped(), MAX_SUGGESTIONS + this.recipients().chosen.length),
  );
  readonly #understood = computed(() => this.#parser.parse(this.#lastTyped())?.number);
  /** Not before all are known: another person would come to be the first of that name just before Enter. */
  readonly #choosesFirst = computed(
    () =>
      this.#understood() !== undefined ||
      (this.names.areAll() && this.#named().includes(this.options()[0]?.number ?? '')),
  );
  readonly #chosenAndUnderstood = computed(() =>
    [...this.recipients().chosen, this.#understood() ?? []].flat(),
  );
  protected readonly options = computed(() => {
    const understood = this.#understood();
    const taken = this.#chosenAndUnderstood();
    const typed = this.#lastTyped();
    const digits = typed.replace(/\D/g, '').replace(/^0+(?=\d)/, '');
    // By their digits, with or without the country code.
    const matching =
      digits || isBlank(typed) ? this.known().filter((number) => number.includes(digits)) : [];
    const known = eachOnce([...taken, ...this.#named(), ...matching])
      .filter((number) => !taken.includes(number))
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
  /** Where arrows have led, until something else is typed: it stays there when others come before it. */
  readonly #moved = linkedSignal<string, { readonly number: string | undefined } | undefined>({
    source: this.#value,
    computation: () => undefined,
  });
  /** Enter chooses what is typed, or the first of that name, unless arrows have led elsewhere. */
  protected readonly active = computed(() => {
    const moved = this.#moved();
    if (moved) return this.options().findIndex(({ number }) => number === moved.number);
    return this.#choosesFirst() ? 0 : -1;
  });

  protected readonly errors = computed(() => {
    this.#events();
    const control = this.control();
    // What is suggested is no error yet.
    if (this.isOpen() && this.active() >= 0) return [];
    const isShown = this.showsErrorIfBlank() || !isBlank(this.#typed());
    if (!isShown || !showsErrors(control)) return [];
    const { phoneNumber, quoted } = this.texts;
    const { text = control.value } = this.#parser.findWrong(control.value) ?? {};
    const shown = text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text;
    return errorSentences(control, text === control.value ? phoneNumber : quoted(shown.trim()));
  });
  readonly #asked = new Set<string>();
  /** A table that was pasted, and the text around it. */
  #pastedTable: { table: string; typed: string; value: string } | undefined;
  /** Who of them gets no messages. */
  protected readonly optedOut = computed(() => {
    const names = this.#chosenAndUnderstood()
      .filter((number) => this.hasOptedOut(number))
      .map((number) => this.names.unambiguous(number));
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
      const unknown = this.#chosenAndUnderstood().filter((number) => !this.#asked.has(number));
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

  /** Chooses those of a list that is typed, so that they are seen before anything is sent; returns whether there are any. */
  takeList(): boolean {
    return this.#parser.split(this.#typed()).length > 1 && this.takeTyped();
  }

  /** Chooses what is typed, as far as it is understood; returns whether that is any. */
  takeTyped(): boolean {
    const parts = this.#parser.split(this.#typed());
    const count = this.recipients().chosen.length;
    if (this.#areUnderstood(parts)) this.#take(parts);
    return this.recipients().chosen.length > count;
  }

  /** A list is taken apart as far as it is understood. What is changed within it may not be complete yet. */
  protected type(event: Event): void {
    const { value: text, selectionEnd } = this.field().nativeElement;
    // An input method would insert again what is taken away meanwhile.
    const isChanging = (event as InputEvent).isComposing || selectionEnd !== text.length;
    const complete = isChanging ? [] : this.#parser.split(text);
    const last = complete.splice(-1);
    if (this.#areUnderstood(complete)) this.#take(complete, last);
    else this.#set({ chosen: this.recipients().chosen, typed: text });
  }

  /** Browsers make spaces of line ends and tabs: columns, and rows of tables, would look like one number. */
  protected paste(event: ClipboardEvent): void {
    const text =
      event.clipboardData?.getData('text/plain').replace(BEFORE_TABLE, '').trimEnd() ?? '';
    if (!this.#isTable(text)) return;
    event.preventDefault();
    const input = this.field().nativeElement;
    // In place of what is selected. What is typed may not be complete, so it stays typed.
    input.setRangeText('');
    const { chosen } = this.recipients();
    const typed = input.value;
    this.#set({ chosen, typed: typed + text.replace(/[\s,;]+/g, NOT_A_NUMBER) + NOT_A_NUMBER });
    this.#pastedTable = { table: text, typed, value: this.#value() };
    void this.readTable();
  }

  /** Until then, nobody sends without it, and it stays if it cannot be read. A question waits for the focus. */
  protected async readTable(): Promise<void> {
    const pasted = this.#pastedTable;
    if (!pasted) return;
    const part = await this.#lazyParts.load(loadPastedTable);
    const isFocused = document.activeElement === this.field().nativeElement;
    if (!part || !isFocused || pasted !== this.#pastedTable || pasted.value !== this.#value())
      return;
    this.#pastedTable = undefined;
    this.#set({ chosen: this.recipients().chosen, typed: pasted.typed });
    part.findRecipients(this.#place, pasted.table, (cells) => {
      this.#insert(cells);
    });
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

  #isTable(text: string): boolean {
    if (text.includes('\t')) return true;
    // A number may be written on two lines, and what decides may be unknown.
    if (this.#parser.parse(text)?.error === undefined) return false;
    const areNumbers = text.split(/[,;]/).map((part) => /\p{Nd}/u.test(part));
    return LINES.test(text) || (areNumbers.includes(true) && areNumbers.includes(false));
  }

  #insert(cells: readonly string[]): void {
    // On two lines of a cell, there may be one number or two.
    const parts = cells.flatMap((cell) => this.#parser.split(cell.split(LINES).join(NOT_A_NUMBER)));
    this.#take(parts, isBlank(this.#typed()) ? [] : [this.#typed()]);
  }

  #areUnderstood(parts: readonly string[]): boolean {
    return parts.some((part) => this.#parser.parse(part)?.number !== undefined);
  }

  /** Chooses the parts that are understood. The others stay typed, followed by `stays`. */
  #take(parts: readonly string[], stays: readonly string[] = []): void {
    const numbers: string[] = [];
    const others = parts.filter((part) => {
      const number = this.#parser.parse(part)?.number;
      if (number !== undefined) numbers.push(number);
      return number === undefined && !isBlank(part);
    });
    const typed = [...others, ...stays].join(', ');
    this.#set({ chosen: [...this.recipients().chosen, ...numbers], typed });
    if (numbers.length === 0) return;
    this.announce.emit(this.texts.added(numbers.map((number) => this.names.unambiguous(number))));
  }

  /** Chooses the parts that are understood, and says what is wrong with the others. */
  #takeAll(parts: readonly string[]): void {
    this.#take(parts);
    if (this.#typed() !== '') this.control().markAsTouched();
  }

  /** In place of the last part of a list. */
  #choose(number: string): void {
    this.#takeAll([...this.#parser.split(this.#typed()).slice(0, -1), number]);
    this.focus();
  }

  protected remove(number: string): void {
    const { chosen, typed } = this.recipients();
    this.#set({ chosen: chosen.filter((other) => other !== number), typed });
    this.announce.emit(this.texts.removed(this.names.unambiguous(number)));
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
    if (option) {
      this.#choose(option.number);
    } else if (!isBlank(this.#typed())) {
      this.#takeAll(this.#parser.split(this.#typed()));
    } else if (this.recipients().chosen.length > 0) {
      this.done.emit();
    }
  }

  /** Past either end, no option is active, unless the first one is from the beginning. */
  #move(by: 1 | -1): void {
    if (!this.isOpen()) {
      this.#isClosed.set(false);
      return;
    }
    const none = this.#choosesFirst() ? 0 : 1;
    const count = this.options().length + none;
    const active = ((this.active() + none + by + count) % count) - none;
    this.#moved.set({ number: this.options()[active]?.number });
    const option = document.getElementById(`recipient-option-${active}`);
    option?.scrollIntoView({ block: 'nearest' });
  }

  #set(recipients: Recipients): void {
    const control = this.control();
    control.setValue(joinRecipients(recipients));
    control.markAsDirty();
    // After many recipients, whose list scrolls.
    afterNextRender(
      () => {
        this.field().nativeElement.scrollIntoView({ block: 'nearest' });
      },
      { injector: this.#injector },
    );
  }

  #present(number: string, isFirstKnown: boolean): Option {
    const country = this.#parser.countryOf(number);
    return {
      number,
      name: this.names.of(number),
      country,
      detail: this.names.find(number) === undefined ? country?.name : formatPhoneNumber(number),
      isUnderstood: false,
      isKnown: this.known().includes(number),
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
