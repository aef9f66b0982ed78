import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  ElementRef,
  Injector,
  afterNextRender,
  computed,
  inject,
  input,
  linkedSignal,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { AbstractControl, ReactiveFormsModule } from '@angular/forms';
import { NewMessage } from '../../api/models';
import { messagingTexts } from '../../i18n/messages-texts';
import { isBlank } from '../../phone-numbers/blank';
import { UNREAD } from '../../phone-numbers/parse-phone-number';
import { formTexts } from '../../i18n/form-texts';
import { Autofocus } from '../../ui/autofocus';
import { controlEvents } from '../../ui/control-events';
import { Field } from '../../ui/field';
import { focusFirstInvalid } from '../../ui/focus-first-invalid';
import { Icon } from '../../ui/icon';
import { isComposing } from '../../ui/is-composing';
import { takeFilledIn } from '../../ui/sync-autofill';
import { touchScreen } from '../../ui/touch-screen';
import { sentencesOf } from '../../ui/validators';
import { ComposeForm, canUndo, replace, undo } from '../../messages/drafts/compose-form';
import { NumberReader } from '../../messages/recipient-parser';
import { segment } from '../../messages/sms-segments';

/** So many show what kind they are. */
const MOST_CULPRITS = 5;

@Component({
  selector: 'app-composer',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Autofocus, Field, Icon, ReactiveFormsModule],
  template: `
    <form
      appAutofocus
      class="composer"
      novalidate
      [formGroup]="form()"
      (keydown.enter)="ignoreHeldKey($event)"
      (ngSubmit)="submit()"
    >
      @if (asksForRecipient()) {
        <app-field
          name="recipient"
          type="tel"
          [label]="texts.phoneNumber"
          [hint]="understood() || reader.hint()"
          [suggestions]="recipients()"
          [complainsOfBlank]="isRejected()"
          [control]="form().controls.recipient_number"
          (focusout)="sayUnderstood()"
        />
      }
      <div class="field">
        <label class="field__label" for="content" [class.visually-hidden]="!asksForRecipient()">{{
          texts.message
        }}</label>
        <div class="composer__box">
          <textarea
            #content
            id="content"
            rows="2"
            dir="auto"
            [attr.enterkeyhint]="isTouched() ? 'enter' : 'send'"
            formControlName="content"
            [placeholder]="texts.placeholder"
            [attr.aria-invalid]="errors().length > 0 ? true : null"
            [attr.aria-describedby]="errors().length > 0 ? 'content-error' : 'content-count'"
            (keydown.enter)="sendByKey($event)"
          ></textarea>
          <div class="composer__under">
            <p id="content-count" class="count" translate="no">
              <b>{{ measure().characters }}</b> {{ texts.characters(measure().characters) }} ·
              <b>{{ measure().segments }}</b> {{ texts.segments(measure().segments) }} ·
              {{ measure().encoding }}
              @if (culprits().length > 0) {
                <span class="count__why">
                  {{ texts.because }}
                  @for (culprit of culprits(); track culprit) {
                    <mark dir="auto">{{ culprit }}</mark>&ngsp;
                  }
                </span>
              }
            </p>
            <button
              type="button"
              class="button button--quiet"
              (click)="canUndo() ? undo() : clear()"
            >
              {{ canUndo() ? texts.undo : texts.clear }}
            </button>
            <button
              type="submit"
              class="button button--primary composer__send"
              [attr.aria-label]="texts.send"
              [title]="texts.send"
              (click)="ignoreSecondClick($event)"
            >
              <app-icon name="send" />
            </button>
          </div>
        </div>
        @if (errors().length > 0) {
          <div id="content-error" role="alert">
            @for (error of errors(); track error) {
              <p class="field__error"><app-icon name="warning" />{{ error }}</p>
            }
          </div>
        }
      </div>
      @if (!isTouched()) {
        <p class="composer__keys" aria-hidden="true" translate="no">
          <kbd>{{ texts.keys.enter }}</kbd> {{ texts.keys.sends }} ·
          <kbd>{{ texts.keys.shift }}</kbd>&ngsp;<kbd>{{ texts.keys.enter }}</kbd>
          {{ texts.keys.newLine }}
        </p>
      }
      <p class="visually-hidden" aria-live="polite">{{ said() }}</p>
    </form>
  `,
})
export class Composer {
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);

  readonly form = input.required<ComposeForm>();
  readonly asksForRecipient = input(false);
  /** Offered while a number is typed. */
  readonly recipients = input<readonly string[]>([]);
  readonly send = output<NewMessage>();

  protected readonly reader = inject(NumberReader);
  protected readonly isTouched = touchScreen();
  readonly #changes = controlEvents(this.form);
  protected readonly textarea = viewChild.required<ElementRef<HTMLTextAreaElement>>('content');
  /** What was submitted last could not be sent. Until then nobody is told that something is missing. */
  protected readonly isRejected = linkedSignal({ source: this.form, computation: () => false });
  #hasSent = false;
  #isReading = false;
  #isGone = false;

  protected readonly texts = messagingTexts.compose;
  protected readonly said = signal('');
  protected readonly understood = computed(() => {
    this.#changes();
    return this.reader.understood(this.form().getRawValue().recipient_number);
  });
  protected readonly canUndo = computed(() => {
    this.#changes();
    return canUndo(this.form());
  });
  protected readonly measure = computed(() => {
    this.#changes();
    const { content } = this.form().getRawValue();
    return segment(isBlank(content) ? '' : content);
  });
  protected readonly culprits = computed(() =>
    this.measure().culprits.slice(0, MOST_CULPRITS).map(visible),
  );
  protected readonly errors = computed(() => {
    this.#changes();
    const { recipient_number, content } = this.form().controls;
    const shown = content.hasError('required')
      ? this.isRejected()
      : content.dirty && (content.touched || content.hasError('maxLength'));
    return [
      ...(this.asksForRecipient()
        ? []
        : this.#worded(recipient_number, messagingTexts.compose.phoneNumber)),
      ...(shown ? this.#worded(content, messagingTexts.compose.message) : []),
    ];
  });

  constructor() {
    afterNextRender(() => {
      if (this.asksForRecipient()) void this.reader.prepare();
    });
    inject(DestroyRef).onDestroy(() => {
      this.#isGone = true;
    });
  }

  focus(): void {
    this.textarea().nativeElement.focus();
  }

  focusRecipient(): void {
    this.#host.nativeElement.querySelector('input')?.focus();
  }

  protected submit(): void {
    const form = this.form();
    takeFilledIn(this.#host, (field) => {
      const held = form.getRawValue();
      return field instanceof HTMLTextAreaElement ? held.content : held.recipient_number;
    });
    const { recipient_number: written, content } = form.getRawValue();
    const isUntouched = content === '' && form.controls.content.pristine;
    if (isUntouched && (!this.asksForRecipient() || (this.#hasSent && form.pristine))) {
      // Pressed once more after what was just sent, or with nothing to send: there is nothing to complain about.
      this.focus();
      return;
    }
    form.markAllAsTouched();
    form.markAllAsDirty();
    // That it could not be read is no fault of what is written: it is read again.
    const { recipient_number: recipient } = form.controls;
    if (recipient.getError('phoneNumber') === UNREAD.sentence) recipient.updateValueAndValidity();
    this.isRejected.set(!form.valid);
    if (!form.valid) {
      focusFirstInvalid(this.#host, this.#injector);
      return;
    }
    const recipient_number = this.asksForRecipient() ? this.reader.read(written)?.number : written;
    if (recipient_number === undefined) {
      void this.#submitOnceRead(form, written);
      return;
    }
    this.#hasSent = true;
    this.send.emit({ recipient_number, content });
  }

  /** Enter also ends the choice of a character (IME): that one does not send. On a phone it makes a line. */
  protected sendByKey(event: Event): void {
    if (isComposing(event as KeyboardEvent) || this.isTouched()) return;
    event.preventDefault();
    if (!(event as KeyboardEvent).repeat) this.submit();
  }

  /** Held down, Enter in a line of input would submit again and again. */
  protected ignoreHeldKey(event: Event): void {
    const isLine = event.target instanceof HTMLInputElement;
    if (isLine && (event as KeyboardEvent).repeat) event.preventDefault();
  }

  protected ignoreSecondClick(event: MouseEvent): void {
    if (event.detail > 1) event.preventDefault();
  }

  /** Once, and not with each digit. */
  protected sayUnderstood(): void {
    this.said.set(this.understood());
  }

  protected clear(): void {
    const form = this.form();
    replace(form, { ...form.getRawValue(), content: '' });
    if (canUndo(form)) this.said.set(this.texts.cleared);
    this.focus();
  }

  protected undo(): void {
    undo(this.form());
    this.said.set('');
    this.focus();
  }

  /** What decides how the number is read has not come yet. */
  async #submitOnceRead(form: ComposeForm, written: string): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    await this.reader.prepare();
    this.#isReading = false;
    const control = form.controls.recipient_number;
    if (this.#isGone || form !== this.form() || control.value !== written) return;
    control.updateValueAndValidity();
    if (this.reader.read(written) === undefined) {
      control.setErrors({ phoneNumber: UNREAD.sentence });
      focusFirstInvalid(this.#host, this.#injector);
    } else {
      this.submit();
    }
  }

  #worded(control: AbstractControl, label: string): string[] {
    return sentencesOf(control).map((sentence) => formTexts.wrong(label, sentence));
  }
}

/** What shows nothing is named. */
function visible(character: string): string {
  if (!isBlank(character)) return character;
  const point = character.codePointAt(0) ?? 0;
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}
