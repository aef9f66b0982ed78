import { Injectable, computed, signal } from '@angular/core';
import { canonicalNumber } from './canonical-number';
import { formatPhoneNumber } from './format-phone-number';
import { wordsOfName } from './words-of-name';

/** Making one takes longer than what it does. */
const characters = new Intl.Segmenter();
const collator = new Intl.Collator();

/** What the user calls numbers. Those without a name are called by themselves. */
@Injectable({ providedIn: 'root' })
export class ContactNames {
  /** By canonical number. */
  readonly #names = signal<ReadonlyMap<string, string>>(new Map());
  readonly #areAll = signal(false);
  /** Until then, some may be missing. */
  readonly areAll = this.#areAll.asReadonly();

  readonly #words = computed(() =>
    [...this.#names()]
      .sort(([, one], [, other]) => collator.compare(one, other))
      .map(([number, name]) => ({ number, words: wordsOfName(name) })),
  );

  /** Those whose name another one has, too. While names are on their way, it would be found out with each of them. */
  readonly #shared = computed<ReadonlySet<string>>(() => {
    if (!this.#areAll()) return new Set();
    const first = new Map<string, string>();
    const shared = new Set<string>();
    for (const { number, words } of this.#words()) {
      const name = words.join(' ');
      const other = first.get(name);
      if (other === undefined) first.set(name, number);
      else shared.add(other).add(number);
    }
    return shared;
  });

  /** All of the signed-in user. */
  replace(names: ReadonlyMap<string, string>): void {
    this.#areAll.set(true);
    this.#names.set(names);
  }

  /** Some of them, while the others are still on their way. */
  add(names: ReadonlyMap<string, string>): void {
    if (names.size > 0) this.#names.update((known) => new Map([...known, ...names]));
  }

  /** The user signs out. */
  clear(): void {
    this.#areAll.set(false);
    this.#names.set(new Map());
  }

  /** Names that were known before, until all are. */
  restore(names: ReadonlyMap<string, string>): void {
    if (!this.#areAll()) this.#names.update((known) => new Map([...names, ...known]));
  }

  /** Of these numbers, by canonical number. */
  select(numbers: readonly string[]): ReadonlyMap<string, string> {
    return new Map(
      numbers.flatMap((number) => {
        const name = this.find(number);
        return name === undefined ? [] : [[canonicalNumber(number), name]];
      }),
    );
  }

  /** undefined for a number without a name. Reads a signal, like the other methods. */
  find(number: string): string | undefined {
    return this.#names().get(canonicalNumber(number));
  }

  of(number: string): string {
    return this.find(number) ?? formatPhoneNumber(number);
  }

  /** Whether another number has the same name, but for case, accents and punctuation; false until all are known. */
  isShared(number: string): boolean {
    return this.#shared().has(canonicalNumber(number));
  }

  /** With the number, if another one has the same name. */
  unambiguous(number: string): string {
    const name = this.of(number);
    return this.isShared(number) ? `${name} ${formatPhoneNumber(number)}` : name;
  }

  /** A name is in whatever script; a number always reads from left to right. */
  directionOf(number: string): 'auto' | 'ltr' {
    return this.find(number) === undefined ? 'ltr' : 'auto';
  }

  /**
   * The numbers whose names have words that begin with those of the text, by name, regardless of case and accents. Digits
   * alone are a part of a number.
   */
  search(text: string, most: number): string[] {
    const typed = wordsOfName(text);
    if (!typed.some((word) => /\D/.test(word))) return [];
    const found = this.#words().filter(({ words }) =>
      typed.every((beginning) => words.some((word) => word.startsWith(beginning))),
    );
    return found.slice(0, most).map(({ number }) => number);
  }

  /** Two characters for an avatar. */
  initialsOf(number: string): string {
    const name = this.find(number);
    if (name === undefined) return number.slice(-2);
    const words = name.split(/\s+/u).filter((word) => /[\p{L}\p{S}]/u.test(word));
    const [first = name, last] = [words[0], words.length > 1 ? words.at(-1) : undefined];
    return initialOf(first) + (last === undefined ? '' : initialOf(last));
  }
}

/** Its first character as people see it, an emoji of several code points included. */
function initialOf(word: string): string {
  const [first] = characters.segment(word);
  return first?.segment.toLocaleUpperCase() ?? '';
}
