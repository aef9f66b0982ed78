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
  template: `
    <dialog
      #element
      class="help"
      closedby="any"
      aria-labelledby="help-title"
      (close)="closed.emit()"
    >
      <header>
        <h2 id="help-title">{{ texts.title }}</h2>
        <button
          type="button"
          class="button button--quiet help__close"
          [attr.aria-label]="texts.close"
          (click)="element.close()"
        >
          <app-icon name="close" />
        </button>
      </header>
      <section>
        <h3>{{ texts.statuses }}</h3>
        <ul>
          @for (status of texts.icons; track status.icon) {
            <li class="help__sign">
              <app-icon [class]="'tone-' + status.tone" [name]="status.icon" />
              <div>
                <strong>{{ status.name }}</strong>
                <p>{{ status.meaning }}</p>
              </div>
            </li>
          }
        </ul>
      </section>
      <section>
        <h3>{{ texts.shortcuts }}</h3>
        <dl>
          @for (shortcut of shortcutRows(); track shortcut.label) {
            <div class="help__shortcut">
              <dt>{{ shortcut.label }}</dt>
              <dd translate="no">
                @for (part of shortcut.parts; track $index) {
                  @if (part.separator) {
                    <span>{{ part.separator }}</span>
                  }
                  @for (key of part.keys; track $index) {
                    <kbd>{{ key }}</kbd>
                  }
                }
              </dd>
            </div>
          }
        </dl>
        <label class="help__choice">
          <input
            type="checkbox"
            [checked]="shortcuts.singleKeys()"
            aria-describedby="single-keys-hint"
            #single
            (change)="shortcuts.useSingleKeys(single.checked)"
          />
          {{ texts.singleKeys }}
        </label>
        <p id="single-keys-hint" class="help__hint">{{ texts.singleKeysHint }}</p>
      </section>
    </dialog>
  `,
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
