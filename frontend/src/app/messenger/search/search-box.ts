import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  OutputEmitterRef,
  inject,
  output,
  viewChild,
} from '@angular/core';
import { messagesTexts } from '../../i18n/messages-texts';
import { Icon } from '../../ui/icon';
import { isComposing } from '../../ui/is-composing';
import { isMac } from '../../ui/shortcuts';
import { SearchQuery } from './search-query';

@Component({
  selector: 'app-search-box',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <app-icon name="search" />
    <input
      #box
      type="search"
      dir="auto"
      enterkeyhint="search"
      autocomplete="off"
      spellcheck="false"
      maxlength="100"
      [attr.aria-label]="texts.label"
      [placeholder]="texts.placeholder"
      [value]="query.text()"
      (input)="query.type(box.value)"
      (keydown.escape)="handle($event, leave)"
      (keydown.arrowdown)="handle($event, down)"
      (keydown.enter)="handle($event, enter)"
    />
    @if (query.text() === '') {
      <kbd aria-hidden="true" translate="no">{{ key }}</kbd>
    } @else {
      <button
        type="button"
        class="button button--quiet search-box__clear"
        [attr.aria-label]="texts.clear"
        (click)="query.type(''); focus()"
      >
        <app-icon name="close" />
      </button>
    }
  `,
  host: { class: 'search-box', role: 'search' },
})
export class SearchBox {
  protected readonly query = inject(SearchQuery);
  protected readonly texts = messagesTexts.search;
  protected readonly key = isMac ? '⌘K' : 'Ctrl K';
  protected readonly box = viewChild.required<ElementRef<HTMLInputElement>>('box');

  /** The user wants to go back to the list. */
  readonly leave = output();
  readonly down = output();
  readonly enter = output();

  focus(): void {
    const box = this.box().nativeElement;
    box.focus();
    box.select();
  }

  protected handle(event: Event, output: OutputEmitterRef<void>): void {
    if (isComposing(event as KeyboardEvent)) return;
    event.preventDefault();
    output.emit();
  }
}
