import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  input,
  output,
  viewChild,
} from '@angular/core';
import { formTexts } from '../i18n/form-texts';
import { Icon } from './icon';
import { isComposing } from './is-composing';

/** The text that a list is searched by. Its page imports `search-field.css`. */
@Component({
  selector: 'app-search-field',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <app-icon name="search" />
    <input
      #box
      type="search"
      dir="auto"
      autocomplete="off"
      enterkeyhint="search"
      spellcheck="false"
      maxlength="200"
      [placeholder]="placeholder()"
      [attr.aria-label]="label()"
      [value]="value()"
      (input)="typed.emit(box.value)"
      (change)="entered.emit(box.value)"
    />
    @if (value() !== '') {
      <button
        type="button"
        class="icon-button search-field__clear"
        [attr.aria-label]="texts.clearSearch"
        [title]="texts.clearSearch"
        (click)="clear()"
      >
        <app-icon name="close" />
      </button>
    }
  `,
  host: {
    class: 'search-field',
    '(click)': 'focus()',
    '(keydown.escape)': 'leave($event)',
  },
})
export class SearchField {
  readonly label = input.required<string>();
  readonly placeholder = input.required<string>();
  /** What is searched for. */
  readonly value = input.required<string>();
  /** At each key. */
  readonly typed = output<string>();
  /** Once it is left, or at Enter. */
  readonly entered = output<string>();

  protected readonly texts = formTexts;
  protected readonly box = viewChild.required<ElementRef<HTMLInputElement>>('box');

  focus(): void {
    this.box().nativeElement.focus();
  }

  protected leave(event: Event): void {
    if (isComposing(event as KeyboardEvent)) return;
    this.clear();
    // The button disappears.
    this.focus();
  }

  protected clear(): void {
    this.box().nativeElement.value = '';
    this.typed.emit('');
    this.entered.emit('');
  }
}
