import { Injectable, computed, signal } from '@angular/core';
import { canonicalNumber } from './canonical-number';
import { formatPhoneNumber } from './format-phone-number';

/** What the user calls numbers. Those without a name are called by themselves. */
@Injectable({ providedIn: 'root' })
export class ContactNames {
  /** By canonical number. */
  readonly #names = signal<ReadonlyMap<string, string>>(new Map());
  #areAll = false;

  readonly #words = computed(() =>
    [...this.#names()]
      .sort(([, one], [, other]) => one.localeCompare(other))
      .map(([number, name]) => ({ number, words: wordsOf(name) })),
  );

  /** All of the signed-in user. */
  replace(names: ReadonlyMap<string, string>): void {
    this.#areAll = true;
    this.#names.set(names);
  }

  /** The user signs out. */
  clear(): void {
    this.#areAll = false;
    this.#names.set(new Map());
  }

  /** Names that were known before, until all are. */
  restore(names: ReadonlyMap<string, string>): void {
    if (!this.#areAll) this.#names.set(names);
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

  /** A name is in whatever script; a number always reads from left to right. */
  directionOf(number: string): 'auto' | 'ltr' {
    return this.find(number) === undefined ? 'ltr' : 'auto';
  }

  /** The numbers whose names have words that begin with those of the text, by name, regardless of case and accents. */
  search(text: string, most: number): string[] {
    const typed = wordsOf(text);
    if (typed.length === 0) return [];
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
  const [first] = new Intl.Segmenter().segment(word);
  return first?.segment.toLocaleUpperCase() ?? '';
}

function wordsOf(text: string): string[] {
  const folded = text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
  return folded.split(/[^\p{L}\p{N}\p{S}]+/u).filter((word) => word !== '' && /\D/.test(word));
}
