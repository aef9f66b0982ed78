import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  computed,
  inject,
  output,
  signal,
} from '@angular/core';
import { FormControl, ReactiveFormsModule } from '@angular/forms';
import { isLoopback } from '../../api/loopback';
import { splitAtPlaceholder } from '../../i18n/plural';
import { welcomeTexts } from '../../i18n/welcome-texts';
import { RecipientParser } from '../../messages/recipient-parser';
import { PhoneNumberResult, RULES_UNAVAILABLE } from '../../phone-numbers/parse-phone-number';
import { SendingSettings } from '../../messages/sending-settings';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import { formTexts } from '../../i18n/form-texts';
import { Autofocus } from '../../ui/autofocus';
import { controlEvents } from '../../ui/control-events';
import { Icon } from '../../ui/icon';
import { MessengerIcon } from '../messenger-icon';

/** What the simulator does with a message to these numbers, it does each time. */
const DEMO_NUMBERS = {
  arrives: '+15005551003',
  fails: '+15005553003',
  reportsLate: '+15005551005',
};

/** Before the first message: one field, what will happen, and numbers to try it with beside the simulator. */
@Component({
  selector: 'app-welcome',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Autofocus, Icon, MessengerIcon, ReactiveFormsModule],
  templateUrl: './welcome.html',
  host: { class: 'welcome scroller' },
})
export class Welcome {
  readonly #parser = inject(RecipientParser);
  readonly #settings = inject(SendingSettings);

  /** The conversation with this number, in E.164, is to be opened. */
  readonly write = output<string>();

  protected readonly texts = welcomeTexts;
  protected readonly onThePhone = splitAtPlaceholder(welcomeTexts.track.simulated);
  protected readonly numbers = DEMO_NUMBERS;
  protected readonly control = new FormControl('', { nonNullable: true });
  readonly #changes = controlEvents(signal(this.control));

  protected readonly error = signal('');
  protected readonly hint = computed(() => {
    this.#changes();
    return this.#parser.preview(this.control.value) || this.#parser.hint();
  });
  protected readonly isSimulated = computed(() => Boolean(this.#settings.value()?.simulator_url));
  /** Where the page can be reached from this browser. */
  protected readonly simulatorUrl = computed(() => {
    const url = this.#settings.value()?.simulator_url;
    return url && (!isLoopback(url, location.href) || isLoopback(location.href, location.href))
      ? url
      : undefined;
  });
  protected readonly from = computed(() => {
    const sender = this.#settings.value()?.sender;
    return sender === undefined ? '' : this.texts.from(formatPhoneNumber(sender));
  });

  #attempts = 0;
  #isDestroyed = false;

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      this.#isDestroyed = true;
    });
    this.#parser.prefetch();
    this.control.valueChanges.subscribe(() => {
      this.error.set('');
    });
  }

  protected async submit(field: HTMLInputElement): Promise<void> {
    const text = field.value;
    const attempt = (this.#attempts += 1);
    await this.#parser.prepare();
    // What is in the field now counts, and a second Enter while this one waited takes its place.
    if (this.#isDestroyed || attempt !== this.#attempts || field.value !== text) return;
    const result: PhoneNumberResult = this.#parser.parse(text) ?? RULES_UNAVAILABLE;
    if (result.number === undefined) {
      this.error.set(formTexts.fieldError(this.texts.phoneNumber, result.error));
      field.focus();
    } else {
      this.write.emit(result.number);
    }
  }
}
