import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  computed,
  inject,
  input,
  output,
  viewChild,
} from '@angular/core';
import { AbstractControl, ReactiveFormsModule } from '@angular/forms';
import { NewMessage } from '../api/models';
import { messagingTexts } from '../texts/messaging-texts';
import { formTexts } from '../texts/form-texts';
import { Autofocus } from '../ui/autofocus';
import { controlEvents } from '../ui/control-events';
import { Field } from '../ui/field';
import { focusFirstInvalid } from '../ui/focus-first-invalid';
import { Icon } from '../ui/icon';
import { sentencesOf } from '../ui/validators';
import { ComposeForm } from './compose-form';
import { toE164 } from './phone-number';
import { segment } from './segments';

/** So many show what kind they are. */
const MOST_CULPRITS = 5;

@Component({
  selector: 'app-composer',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Autofocus, Field, Icon, ReactiveFormsModule],
  template: `
    <form appAutofocus class="composer" novalidate [formGroup]="form()" (ngSubmit)="submit()">
      @if (asksForRecipient()) {
        <app-field
          name="recipient"
          type="tel"
          [label]="texts.phoneNumber"
          [hint]="texts.phoneNumberHint"
          [suggestions]="recipients()"
          [control]="form().controls.recipient_number"
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
            enterkeyhint="send"
            formControlName="content"
            [placeholder]="texts.placeholder"
            [attr.aria-invalid]="errors().length > 0 ? true : null"
            [attr.aria-describedby]="errors().length > 0 ? 'content-error' : 'content-count'"
            (keydown.enter)="sendByKey($event)"
          ></textarea>
          <div class="composer__under">
            <p id="content-count" class="count">
              <b>{{ measure().characters }}</b> {{ texts.characters(measure().characters) }} ·
              <b>{{ measure().segments }}</b> {{ texts.segments(measure().segments) }} ·
              {{ measure().encoding }}
              @if (culprits().length > 0) {
                <span class="count__why">
                  {{ texts.because }}
                  @for (culprit of culprits(); track culprit) {
                    <mark>{{ culprit }}</mark>&ngsp;
                  }
                </span>
              }
            </p>
            <button type="button" class="button button--quiet" (click)="clear()">
              {{ texts.clear }}
            </button>
            <button
              type="submit"
              class="button button--primary composer__send"
              [attr.aria-label]="texts.send"
              [title]="texts.send"
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
      <p class="composer__keys" aria-hidden="true">
        <kbd>{{ texts.keys.enter }}</kbd> {{ texts.keys.sends }} ·
        <kbd>{{ texts.keys.shift }}</kbd>&ngsp;<kbd>{{ texts.keys.enter }}</kbd>
        {{ texts.keys.newLine }}
      </p>
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

  readonly #changes = controlEvents(this.form);
  protected readonly textarea = viewChild.required<ElementRef<HTMLTextAreaElement>>('content');

  protected readonly texts = messagingTexts.compose;
  protected readonly measure = computed(() => {
    this.#changes();
    return segment(this.form().getRawValue().content);
  });
  protected readonly culprits = computed(() => this.measure().culprits.slice(0, MOST_CULPRITS));
  protected readonly errors = computed(() => {
    this.#changes();
    const { recipient_number, content } = this.form().controls;
    const shown = content.dirty && (content.touched || content.hasError('maxLength'));
    return [
      ...(this.asksForRecipient()
        ? []
        : this.#worded(recipient_number, messagingTexts.compose.phoneNumber)),
      ...(shown ? this.#worded(content, messagingTexts.compose.message) : []),
    ];
  });

  focus(): void {
    this.textarea().nativeElement.focus();
  }

  protected submit(): void {
    const form = this.form();
    form.markAllAsTouched();
    form.markAllAsDirty();
    const { recipient_number: written, content } = form.getRawValue();
    const recipient_number = this.asksForRecipient() ? toE164(written) : written;
    if (form.valid && recipient_number) {
      this.send.emit({ recipient_number, content });
    } else {
      focusFirstInvalid(this.#host, this.#injector);
    }
  }

  /** Enter also ends the choice of a character (IME): that one does not send. */
  protected sendByKey(event: Event): void {
    if ((event as KeyboardEvent).isComposing) return;
    event.preventDefault();
    this.submit();
  }

  protected clear(): void {
    this.form().controls.content.reset();
    this.focus();
  }

  #worded(control: AbstractControl, label: string): string[] {
    return sentencesOf(control).map((sentence) => formTexts.wrong(label, sentence));
  }
}
