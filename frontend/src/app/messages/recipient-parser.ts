import { Injectable, computed, inject } from '@angular/core';
import { countryName } from '../i18n/country-name';
import { messagesTexts } from '../i18n/messages-texts';
import {
  formatPhoneNumber,
  loadPhoneNumberRules,
  phoneNumberRules,
} from '../phone-numbers/format-phone-number';
import { PhoneNumberResult, parsePhoneNumber } from '../phone-numbers/parse-phone-number';
import { SendingSettings } from './sending-settings';

const { compose } = messagesTexts;

export interface Country {
  /** ISO 3166. */
  readonly code: string;
  readonly name: string;
}

/** Parses recipients as this server's API does, with its default country. */
@Injectable()
export class RecipientParser {
  readonly #settings = inject(SendingSettings);

  /** undefined until it is known, null where the API has none. */
  readonly #country = computed(() => {
    const settings = this.#settings.value();
    return settings && (settings.default_country ?? null);
  });

  /** Changes when results may change. */
  readonly known = computed(() => ({ country: this.#country(), rules: phoneNumberRules() }));
  readonly hint = computed(() => {
    const country = this.#country();
    return country ? compose.phoneNumberHintIn(countryName(country)) : compose.phoneNumberHint;
  });

  /** Returns undefined while it is unknown what decides. */
  parse(text: string): PhoneNumberResult | undefined {
    const country = this.#country();
    const result = parsePhoneNumber(text, country ?? undefined, phoneNumberRules());
    return country === undefined && result?.code === 'no_country' ? undefined : result;
  }

  /** The number as it was understood, for the user to check before sending; empty if it is no number. */
  preview(text: string): string {
    const number = this.parse(text)?.number;
    if (number === undefined) return '';
    const country = this.countryOf(number);
    const formatted = formatPhoneNumber(number);
    return country ? compose.previewIn(formatted, country.name) : compose.preview(formatted);
  }

  /** The country of a number in E.164; undefined if it has none, or the rules are not loaded. */
  countryOf(number: string): Country | undefined {
    const code = phoneNumberRules()?.format(number)?.country;
    return code === undefined ? undefined : { code, name: countryName(code) };
  }

  /** Loads the rules and the default country; nobody waits for them yet. */
  prefetch(): void {
    if (!phoneNumberRules()) void loadPhoneNumberRules();
    void this.#settings.untilLoaded().catch(() => undefined);
  }

  /** Loads the rules and the default country, as far as that is possible now. */
  async prepare(): Promise<void> {
    await Promise.allSettled([
      phoneNumberRules() ? undefined : loadPhoneNumberRules(),
      this.#settings.load(),
    ]);
  }
}
