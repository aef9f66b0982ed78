import { Injectable, computed, inject } from '@angular/core';
import { countryName } from '../i18n/country-name';
import { messagesTexts } from '../i18n/messages-texts';
import { INVISIBLE, isBlank } from '../phone-numbers/blank';
import {
  formatPhoneNumber,
  loadPhoneNumberRules,
  phoneNumberRules,
} from '../phone-numbers/format-phone-number';
import { PLUS, PhoneNumberResult, parsePhoneNumber } from '../phone-numbers/parse-phone-number';
import { splitRecipients } from './drafts/recipients';
import { SendingSettings } from './sending-settings';

const { compose } = messagesTexts;

const SEPARATOR = /[,;]\s*/;
const BLANK_BEFORE_PLUS = new RegExp(`[${INVISIBLE}](?=${PLUS.source})`, 'u');
const WRAPPED = /^\s*"(.*)"\s*$|^[^\p{Nd}<>]*<(.*)>\s*$/u;
const BEFORE_PLUS = new RegExp(`^[^\\p{Nd}<>:,;]*?(?=${PLUS.source})`, 'u');
/** Of an amount, in one piece or in groups of thousands. */
const FRACTION = /^(\s*\+?(?:[0-9]{7,}|[1-9][0-9]{0,2}([\s,])[0-9]{3}(?:\2[0-9]{3})+))\.0{1,3}\s*$/;

interface WrongRecipient {
  readonly text: string;
  /** A sentence without its subject. */
  readonly error: string;
}

export interface Country {
  /** ISO 3166. */
  readonly code: string;
  readonly name: string;
}

/** Parses recipients as this server's API does, with its default country; and as address books and CSV write them. */
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
    const result = parsePhoneNumber(unwrap(text), country ?? undefined, phoneNumberRules());
    return country === undefined && result?.code === 'no_country' ? undefined : result;
  }

  /** Takes a list apart; what is understood as one number stays whole. */
  split(text: string): string[] {
    return this.parse(text)?.number === undefined ? text.split(SEPARATOR).flatMap(apart) : [text];
  }

  /** Those that the form of a new message holds in one text, chosen or typed; a blank one if there is none. */
  textsOf(text: string): string[] {
    const { chosen, typed } = splitRecipients(text);
    const texts = [...chosen, ...this.split(typed)].filter((each) => !isBlank(each));
    return texts.length > 0 ? texts : [typed];
  }

  /** Whether all of them are understood with just the digits that are written. */
  isAsWritten(text: string): boolean {
    return this.textsOf(text).every(
      (each) => this.parse(each)?.number === each.replace(/[^+\d]/g, ''),
    );
  }

  /** The first of them that something is known to be wrong with. */
  findWrong(text: string): WrongRecipient | undefined {
    for (const each of this.textsOf(text)) {
      const { code, error } = this.parse(each) ?? {};
      if (error) return { text: each, error: code === 'two_numbers' ? compose.twoNumbers : error };
    }
    return undefined;
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

/** Behind a number, a + begins another one, as in a column that was copied; behind a name, the number of that name. */
function apart(part: string): string[] {
  const firstDigit = part.search(/\p{Nd}/u);
  if (firstDigit < 0) return [part];
  const [first = '', ...others] = part.slice(firstDigit).split(BLANK_BEFORE_PLUS);
  return [part.slice(0, firstDigit) + first, ...others];
}

/**
 * The number in `"+41 79 123 45 67"`, `Ada <+41 79 123 45 67>` and `Ada +41 79 123 45 67`, unless the name may be a number
 * itself; without the zeros of an amount, as which a spreadsheet copies it: they would make it that of somebody else.
 */
function unwrap(text: string): string {
  return text
    .replace(WRAPPED, '$1$2')
    .replace(BEFORE_PLUS, (name) => (/\p{L}/u.test(name) ? '' : name))
    .replace(FRACTION, (_, amount: string) => amount.replaceAll(',', ' '));
}
