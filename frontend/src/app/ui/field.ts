import { ChangeDetectionStrategy, Component, computed, input, model } from '@angular/core';
import { FormControl, ReactiveFormsModule } from '@angular/forms';
import { formTexts } from '../i18n/form-texts';
import { controlEvents } from './control-events';
import { Icon } from './icon';
import { TOUCH_SCREEN } from './touch-screen';
import { errorSentences, showsErrors } from './validators';

/**
 * A text input with its label, its hint, and its errors once the user has been there. What it contains comes after them;
 * `field__aside` puts it beside the label, where it looks first and is not in the way of the Tab key.
 */
@Component({
  selector: 'app-field',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, ReactiveFormsModule],
  template: `
    <label class="field__label" [for]="name()">{{ label() }}</label>
    <div class="field__box">
      <input
        class="field__input"
        [id]="name()"
        [name]="name()"
        [type]="isRevealed() ? 'text' : type()"
        [attr.dir]="dir()"
        [attr.autocapitalize]="autocapitalize()"
        autocorrect="off"
        spellcheck="false"
        [attr.autocomplete]="autocomplete()"
        [attr.inputmode]="inputmode() || null"
        [attr.enterkeyhint]="enterkeyhint()"
        [attr.aria-invalid]="errors().length > 0 ? true : null"
        [attr.aria-describedby]="describedBy()"
        [formControl]="control()"
        (keydown.enter)="goOn($event)"
      />
      @if (reveal(); as reveal) {
        <button
          type="button"
          class="icon-button field__reveal"
          [attr.aria-label]="isRevealed() ? texts.hide : reveal"
          (click)="isRevealed.set(!isRevealed())"
        >
          <app-icon [name]="isRevealed() ? 'hide' : 'show'" />
        </button>
      }
    </div>
    @if (errors().length > 0) {
      <div role="alert" [id]="name() + '-error'">
        @for (error of errors(); track error) {
          <p class="field__error"><app-icon name="warning" />{{ error }}</p>
        }
      </div>
    } @else if (hint()) {
      <p class="field__hint" [id]="name() + '-hint'">{{ hint() }}</p>
    }
    <ng-content />
  `,
  host: { class: 'field' },
})
export class Field {
  readonly name = input.required<string>();
  readonly label = input.required<string>();
  /** The subject of the sentences about errors, where that is not the label. */
  readonly noun = input('');
  readonly control = input.required<FormControl<string>>();
  readonly type = input('text');
  readonly autocomplete = input('off');
  readonly autocapitalize = input<'none' | 'sentences' | 'words'>('none');
  /** 'auto' for what may be in any script. */
  readonly dir = input<'auto'>();
  readonly inputmode = input('');
  /** What Enter does on a phone: leads to the field after this one as long as that is empty, or sends the form. */
  readonly enterkeyhint = input<'next' | 'go'>('go');
  readonly hint = input('');
  /** The id of an element that describes it in place of a hint. */
  readonly description = input('');
  /** Whether an empty field shows its errors too. */
  readonly showsErrorIfBlank = input(true);
  /** What the button says that shows a password; there is none without it. */
  readonly reveal = input('');
  readonly isRevealed = model(false);

  protected readonly texts = formTexts;
  readonly #events = controlEvents(this.control);

  protected readonly errors = computed(() => {
    this.#events();
    const control = this.control();
    const isShown = this.showsErrorIfBlank() || control.value.trim() !== '';
    return isShown && showsErrors(control)
      ? errorSentences(control, this.noun() || this.label())
      : [];
  });
  protected readonly describedBy = computed(() => {
    if (this.errors().length > 0) return `${this.name()}-error`;
    return this.hint() ? `${this.name()}-hint` : this.description() || null;
  });

  /** With other keyboards, Enter always sends the form, which then says what is missing. */
  protected goOn(event: Event): void {
    if (this.enterkeyhint() !== 'next' || !matchMedia(TOUCH_SCREEN).matches) return;
    const field = event.target as HTMLInputElement;
    const fields = [...(field.form?.querySelectorAll<HTMLInputElement>('.field__input') ?? [])];
    const next = fields[fields.indexOf(field) + 1];
    if (next?.value !== '') return;
    event.preventDefault();
    next.focus();
  }
}
