import { Injectable, computed, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { Reading, readNumber } from '../phone-numbers/parse-phone-number';
import { locale } from '../i18n/locale';
import { messagingTexts } from '../i18n/messages-texts';
import { MessagesClient } from './messages-client';
import { loadNumberRules, numberRules, readable } from '../phone-numbers/format-phone-number';

const { compose } = messagingTexts;

/** Reads numbers as the API does that this browser talks to. What it answers follows what it learns. */
@Injectable()
export class NumberReader {
  readonly #client = inject(MessagesClient);

  /** The default country: nothing while nobody knows, null where there is none. */
  readonly #country = signal<string | null | undefined>(undefined);
  #preparing: Promise<void> | undefined;

  /** Changes with what is known about how numbers are read. */
  readonly known = computed(() => ({ country: this.#country(), rules: numberRules() }));
  readonly hint = computed(() => {
    const country = this.#country();
    return country ? compose.phoneNumberHintIn(nameOf(country)) : compose.phoneNumberHint;
  });

  /** Answers nothing where it is not known yet what decides. */
  read(written: string): Reading | undefined {
    const country = this.#country();
    const reading = readNumber(written, country ?? undefined, numberRules());
    return country === undefined && reading?.code === 'no_country' ? undefined : reading;
  }

  /** What was understood, to be shown before it is sent. */
  understood(written: string): string {
    const number = this.read(written)?.number;
    if (number === undefined) return '';
    const country = numberRules()?.show(number)?.country;
    return compose.understood(readable(number), country ? nameOf(country) : '');
  }

  /** Learns what decides, as far as that is possible now. */
  prepare(): Promise<void> {
    this.#preparing ??= this.#prepare().finally(() => {
      this.#preparing = undefined;
    });
    return this.#preparing;
  }

  async #prepare(): Promise<void> {
    await Promise.allSettled([
      numberRules() ? undefined : loadNumberRules(),
      this.#country() === undefined ? this.#askForCountry() : undefined,
    ]);
  }

  async #askForCountry(): Promise<void> {
    const { default_country } = await firstValueFrom(this.#client.sending());
    this.#country.set(default_country ?? null);
  }
}

function nameOf(country: string): string {
  return new Intl.DisplayNames(locale, { type: 'region' }).of(country) ?? country;
}
