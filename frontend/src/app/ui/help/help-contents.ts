import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { helpTexts } from '../../i18n/help-texts';
import { locale } from '../../i18n/locale';
import { Icon } from '../icon';
import { touchScreen } from '../touch-screen';
import { KEYS, ShortcutName, Shortcuts, isMac } from '../shortcuts';

/** What the icons mean, and all keyboard shortcuts, whichever page is open. */
@Component({
  selector: 'app-help-contents',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  templateUrl: './help-contents.html',
  host: { class: 'help-contents' },
})
export class HelpContents {
  protected readonly shortcuts = inject(Shortcuts);
  /** There is no keyboard, most likely. */
  protected readonly isTouched = touchScreen();

  protected readonly texts = helpTexts;
  protected readonly rows = Object.entries(helpTexts.shortcutLabels).map(([name, label]) => ({
    label,
    parts: alternatives(KEYS[name as ShortcutName]),
  }));
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
