import {
  ChangeDetectionStrategy,
  Component,
  ComponentRef,
  ElementRef,
  ViewContainerRef,
  afterNextRender,
  computed,
  inject,
  input,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { pastedTableTexts } from '../../../i18n/pasted-table-texts';
import { RecipientParser } from '../../../messages/recipient-parser';
import { PastedColumn, columnsOf, guessColumn, unambiguousCells } from './pasted-table';

const EXAMPLES = 3;

/** Asks which columns of a table have the recipients. */
@Component({
  selector: 'app-column-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <dialog
      #dialog
      class="confirm-dialog column-dialog"
      closedby="any"
      aria-labelledby="column-dialog-title"
      aria-describedby="column-dialog-text"
      (close)="answered.emit(dialog.returnValue === 'add' ? cells() : [])"
    >
      <h2 id="column-dialog-title">{{ texts.title }}</h2>
      <p id="column-dialog-text">{{ texts.text }}</p>
      <ul class="column-dialog__columns">
        @for (column of columns(); track column.position) {
          <li>
            <label class="column-dialog__column">
              <input
                type="checkbox"
                [attr.autofocus]="column === focused() ? '' : null"
                [checked]="chosen().has(column)"
                (change)="toggle(column)"
              />
              <b dir="auto" translate="no">{{
                column.name || texts.column(column.position)
              }}</b>&ngsp;
              <span class="column-dialog__count">{{ texts.count(column.cells.length) }}</span>&ngsp;
              <span class="column-dialog__examples" dir="auto" translate="no">{{
                examplesOf(column)
              }}</span>
            </label>
          </li>
        }
      </ul>
      <div class="confirm-dialog__actions">
        <button
          type="button"
          class="button button--primary"
          [disabled]="cells().length === 0"
          (click)="dialog.close('add')"
        >
          {{ texts.submit(cells().length) }}
        </button>
        <button type="button" class="button" (click)="dialog.close()">{{ texts.cancel }}</button>
      </div>
    </dialog>
  `,
})
export class ColumnDialog {
  readonly #parser = inject(RecipientParser);

  readonly columns = input.required<readonly PastedColumn[]>();
  /** The cells of the columns chosen; none if the user has changed their mind. */
  readonly answered = output<readonly string[]>();

  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');
  protected readonly texts = pastedTableTexts;
  readonly #guess = computed(() =>
    // What decides may be unknown.
    guessColumn(this.columns(), (cell) => this.#parser.parse(cell)?.error === undefined),
  );
  readonly #changed = signal<ReadonlySet<PastedColumn> | undefined>(undefined);
  protected readonly chosen = computed<ReadonlySet<PastedColumn>>(
    () => this.#changed() ?? new Set([this.#guess() ?? []].flat()),
  );
  protected readonly focused = computed(() => this.#guess() ?? this.columns()[0]);
  protected readonly cells = computed(() =>
    this.columns()
      .filter((column) => this.chosen().has(column))
      .flatMap(({ cells }) => cells),
  );

  constructor() {
    afterNextRender(() => {
      this.dialog().nativeElement.showModal();
    });
  }

  protected toggle(column: PastedColumn): void {
    const chosen = new Set(this.chosen());
    if (!chosen.delete(column)) chosen.add(column);
    this.#changed.set(chosen);
  }

  protected examplesOf({ cells }: PastedColumn): string {
    return cells.slice(0, EXAMPLES).join(' · ');
  }
}

let asked: ComponentRef<ColumnDialog> | undefined;

/** Calls back with the cells of a table that are recipients, and asks for their columns where that is not clear. */
export function findRecipients(
  place: ViewContainerRef,
  table: string,
  found: (cells: readonly string[]) => void,
): void {
  const cells = unambiguousCells(table);
  if (cells) {
    found(cells);
    return;
  }
  asked?.destroy();
  const dialog = place.createComponent(ColumnDialog);
  asked = dialog;
  dialog.setInput('columns', columnsOf(table));
  dialog.instance.answered.subscribe((cells) => {
    asked = undefined;
    dialog.destroy();
    if (cells.length > 0) found(cells);
  });
}
