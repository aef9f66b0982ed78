import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  OutputEmitterRef,
  inject,
  output,
  viewChild,
} from '@angular/core';
import { messagingTexts } from '../../i18n/messages-texts';
import { Icon } from '../../ui/icon';
import { isComposing } from '../../ui/is-composing';
import { isMac } from '../../ui/shortcuts';
import { SearchStore } from './search-store';

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
      [value]="search.words()"
      (input)="search.search(box.value)"
      (keydown.escape)="answer($event, left)"
      (keydown.arrowdown)="answer($event, down)"
      (keydown.enter)="answer($event, enter)"
    />
    @if (search.words() === '') {
      <kbd aria-hidden="true" translate="no">{{ key }}</kbd>
    } @else {
      <button
        type="button"
        class="button button--quiet find__clear"
        [attr.aria-label]="texts.clear"
        (click)="search.search(''); focus()"
      >
        <app-icon name="close" />
      </button>
    }
  `,
  host: { class: 'find', role: 'search' },
})
export class SearchBox {
  protected readonly search = inject(SearchStore);
  protected readonly texts = messagingTexts.search;
  protected readonly key = isMac ? '⌘K' : 'Ctrl K';
  protected readonly box = viewChild.required<ElementRef<HTMLInputElement>>('box');

  /** Where the list is wanted again. */
  readonly left = output();
  readonly down = output();
  readonly enter = output();

  focus(): void {
    const box = this.box().nativeElement;
    box.focus();
    box.select();
  }

  protected answer(event: Event, by: OutputEmitterRef<void>): void {
    if (isComposing(event as KeyboardEvent)) return;
    event.preventDefault();
    by.emit();
  }
}
