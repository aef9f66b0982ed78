import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  DestroyRef,
  ElementRef,
  afterRenderEffect,
  inject,
  input,
  output,
  viewChild,
} from '@angular/core';
import { messagesTexts } from '../../i18n/messages-texts';
import { Icon } from '../../ui/icon';
import { isComposing } from '../../ui/is-composing';
import { KEYS, Shortcuts } from '../../ui/shortcuts';

/**
 * What stands beside a conversation. A dialog that is not modal: the focus goes into it and comes back, and what it is about
 * stays in sight.
 */
@Component({
  selector: 'app-side-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <div class="side-panel__head">
      <h2 #heading id="side-panel-title" class="side-panel__title" tabindex="-1">{{ title() }}</h2>
      <button
        type="button"
        class="icon-button"
        [attr.aria-label]="texts.close"
        [title]="texts.close"
        (click)="closed.emit()"
      >
        <app-icon name="close" />
      </button>
    </div>
    <ng-content />
  `,
  host: {
    class: 'side-panel messenger-page__side scroller',
    role: 'dialog',
    'aria-labelledby': 'side-panel-title',
    '(keydown.escape)': 'closeByKey($event)',
  },
})
export class SidePanel {
  readonly title = input.required<string>();
  /** The id of the element that it is about: gets the focus back unless another one had it. With a new one, it begins anew. */
  readonly about = input.required<string>();
  readonly closed = output();

  protected readonly heading = viewChild.required<ElementRef<HTMLElement>>('heading');
  protected readonly texts = messagesTexts.sidePanel;

  constructor() {
    const document = inject(DOCUMENT);
    const host = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
    let opener: Element | null = null;
    afterRenderEffect(() => {
      this.about();
      const { activeElement } = document;
      if (!host.contains(activeElement)) opener = activeElement;
      this.heading().nativeElement.focus({ preventScroll: true });
    });
    inject(DestroyRef).onDestroy(() => {
      // Its elements are removed already, and the focus with them.
      if (document.activeElement !== document.body) return;
      const isThere =
        opener instanceof HTMLElement && opener !== document.body && opener.isConnected;
      const target = isThere ? (opener as HTMLElement) : document.getElementById(this.about());
      target?.focus({ preventScroll: true });
    });
    inject(Shortcuts).add({
      keys: KEYS.back,
      run: () => {
        this.closed.emit();
      },
    });
  }

  /** In a text field, the shortcut would only leave that. */
  protected closeByKey(event: Event): void {
    const isForOther = (event.target as Element).closest('dialog, [popover]') !== null;
    if (isForOther || event.defaultPrevented || isComposing(event as KeyboardEvent)) return;
    event.preventDefault();
    this.closed.emit();
  }
}
