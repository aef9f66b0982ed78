import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  afterNextRender,
  computed,
  inject,
  output,
  viewChild,
} from '@angular/core';
import { helpTexts } from '../i18n/help-texts';
import { locale } from '../i18n/locale';
import { Icon } from '../ui/icon';
import { Shortcuts, isMac } from '../ui/shortcuts';

@Component({
  selector: 'app-help-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  templateUrl: './help-dialog.html',
})
export class HelpDialog {
  protected readonly shortcuts = inject(Shortcuts);

  readonly closed = output();

  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('element');

  protected readonly texts = helpTexts;
  /** Several shortcuts with one label are shown once. */
  protected readonly shortcutRows = computed(() => {
    const byLabel = new Map(
      this.shortcuts.shortcuts().map((shortcut) => [shortcut.label, shortcut]),
    );
    return [...byLabel.values()].map(({ label, keys }) => ({ label, parts: alternatives(keys) }));
  });

  constructor() {
    afterNextRender(() => {
      this.dialog().nativeElement.showModal();
    });
  }
}

interface Part {
  readonly keys: readonly string[];
  readonly separator: string;
}

/** "Ctrl K or /": the keys, and the words that the language puts between them. */
function alternatives(keys: readonly string[]): Part[] {
  const parts = new Intl.ListFormat(locale, { type: 'disjunction' }).formatToParts(keys);
  return parts.map(({ type, value }) =>
    type === 'element'
      ? { keys: namesOf(value), separator: '' }
      : { keys: [], separator: value.trim() },
  );
}

/** "mod+k" as labelled on the keyboard: Ctrl K or ⌘ K. */
function namesOf(keys: string): string[] {
  return keys.split('+').map((key) => {
    const name = key === 'mod' ? (isMac ? 'Command' : 'Control') : key;
    return helpTexts.keys[name] ?? (name.length === 1 ? name.toUpperCase() : name);
  });
}
