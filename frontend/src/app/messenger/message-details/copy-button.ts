import { ChangeDetectionStrategy, Component, computed, input, signal } from '@angular/core';
import { messagingTexts } from '../../i18n/messages-texts';
import { Icon } from '../../ui/icon';

const SHOWN_FOR_MS = 2_000;

/** Copies what stands in an element; where the browser does not let us, selects it for the reader to copy. */
@Component({
  selector: 'app-copy-button',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <button
      type="button"
      class="button button--quiet button--small"
      [attr.aria-label]="texts.copy(what())"
      [title]="texts.copy(what())"
      (click)="copy()"
    >
      <app-icon [name]="icon()" />
    </button>
    <span class="visually-hidden" role="status">{{ said() }}</span>
  `,
  host: { class: 'copy' },
})
export class CopyButton {
  readonly of = input.required<HTMLElement>();
  /** "the SID" */
  readonly what = input.required<string>();

  protected readonly texts = messagingTexts.details;
  protected readonly said = signal('');
  protected readonly icon = computed(() => (this.said() === this.texts.copied ? 'tick' : 'copy'));

  protected async copy(): Promise<void> {
    const source = this.of();
    try {
      // Missing over plain http on a LAN address.
      await navigator.clipboard.writeText(source.textContent);
      this.said.set(this.texts.copied);
      setTimeout(() => {
        this.said.set('');
      }, SHOWN_FOR_MS);
    } catch {
      getSelection()?.selectAllChildren(source);
      this.said.set(this.texts.selected);
    }
  }
}
