import { ChangeDetectionStrategy, Component, computed, input, output, signal } from '@angular/core';
import { copyTexts } from '../i18n/copy-texts';
import { Icon } from './icon';

const SHOWN_FOR_MS = 2_000;

/** Copies the text of an element, or selects it for the user to copy if the browser does not allow that. */
@Component({
  selector: 'app-copy-button',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <button
      type="button"
      class="button button--quiet button--small"
      [attr.aria-label]="label()"
      [title]="label()"
      (click)="copy()"
    >
      <app-icon [name]="icon()" /><ng-content />
    </button>
    <span class="visually-hidden" role="status">{{ announcement() }}</span>
  `,
  host: { class: 'copy-button' },
})
export class CopyButton {
  readonly source = input.required<HTMLElement>();
  readonly label = input.required<string>();
  /** It is in the clipboard. */
  readonly copied = output();

  protected readonly texts = copyTexts;
  protected readonly announcement = signal('');
  protected readonly icon = computed(() =>
    this.announcement() === this.texts.copied ? 'tick' : 'copy',
  );

  protected async copy(): Promise<void> {
    const source = this.source();
    try {
      // Not available over plain http on a LAN address.
      await navigator.clipboard.writeText(source.textContent);
      this.announcement.set(this.texts.copied);
      this.copied.emit();
      setTimeout(() => {
        this.announcement.set('');
      }, SHOWN_FOR_MS);
    } catch {
      getSelection()?.selectAllChildren(source);
      this.announcement.set(this.texts.selected);
    }
  }
}
