import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  DestroyRef,
  ElementRef,
  Injector,
  computed,
  inject,
  signal,
} from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { RouterLink } from '@angular/router';
import { Subject, debounceTime } from 'rxjs';
import { describeProblem } from '../../api/describe-problem';
import { ImportColumn, ImportedContacts } from '../../api/models';
import { Problem, toProblem } from '../../api/problem';
import {
  ContactFiles,
  ImportChoices,
  MAX_FILE_BYTES,
  withoutPictures,
} from '../../contacts/contact-files';
import { contactsPageTexts } from '../../i18n/contacts-page-texts';
import { countryName } from '../../i18n/country-name';
import { wholeNumber } from '../../i18n/formats';
import { formatPhoneNumber, phoneNumberRules } from '../../phone-numbers/format-phone-number';
import { focusAfterRender } from '../../ui/focus-after-render';
import { Icon, IconName } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { saveFile } from '../../ui/save-file';
import { MessengerIcon } from '../messenger-icon';
import { ContactsHeader } from './contacts-header';

/** The arrow keys pass many choices on their way to one, and each question has the whole file. */
const PAUSE_MS = 300;
/** What the API makes a name of. */
const NAMES: readonly ImportColumn['field'][] = [
  'name',
  'first_name',
  'middle_name',
  'last_name',
  'organization',
];
const FIRST_CHOICES: ImportChoices = { existing: 'update' };

type Outcome = keyof ImportedContacts['counts'];

const ICONS: Readonly<Record<Outcome, IconName>> = {
  new: 'plus',
  updated: 'edit',
  duplicate: 'copy',
  invalid: 'warning',
};

interface ChosenFile {
  readonly name: string;
  readonly data: Blob;
}

/** Shows what a file of contacts would change, and imports it. */
@Component({
  selector: 'app-contact-import',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ContactsHeader, Icon, MessengerIcon, Notice, RouterLink],
  templateUrl: './contact-import.html',
  host: {
    class: 'contact-import',
    '(dragover)': 'allowDrop($event)',
    '(dragleave)': 'isOver.set(false)',
    '(drop)': 'drop($event)',
  },
})
export class ContactImport {
  readonly #document = inject(DOCUMENT);
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);
  readonly #files = inject(ContactFiles);

  protected readonly texts = contactsPageTexts.import;
  protected readonly fields = Object.entries(contactsPageTexts.import.fields);
  protected readonly existingChoices = Object.entries(contactsPageTexts.import.existingChoices) as [
    ImportChoices['existing'],
    string,
  ][];
  protected readonly formatPhoneNumber = formatPhoneNumber;

  protected readonly isOver = signal(false);
  protected readonly file = signal<ChosenFile | undefined>(undefined);
  protected readonly choices = signal(FIRST_CHOICES);
  /** As the API has answered last. */
  protected readonly result = signal<ImportedContacts | undefined>(undefined);
  /** Whether that is the answer to the choices: only what has been shown is imported. */
  protected readonly isCurrent = signal(false);
  protected readonly isChecking = signal(false);
  protected readonly isImporting = signal(false);
  protected readonly problem = signal('');
  /** Whether trying again may help. */
  protected readonly canRetry = signal(false);

  protected readonly isDone = computed(() => this.result()?.applied === true);
  protected readonly changing = computed(() => {
    const counts = this.result()?.counts;
    return counts ? counts.new + counts.updated : 0;
  });
  protected readonly counts = computed(() => {
    const counts = this.result()?.counts;
    const names = Object.entries(this.texts.counts) as [keyof ImportedContacts['counts'], string][];
    return counts
      ? names.map(([key, name]) => ({ key, name, count: wholeNumber(counts[key]) }))
      : [];
  });
  /** With what has been chosen for them. */
  protected readonly columns = computed(() => {
    const chosen = this.choices().columns;
    const known = this.result()?.columns ?? [];
    return known.map((column, at) => ({ ...column, field: chosen?.[at] ?? column.field }));
  });
  /** Whether the server knows no country of its own. */
  protected readonly mayHaveNone = signal(false);
  protected readonly country = computed(
    () => this.choices().country ?? (this.mayHaveNone() ? undefined : this.result()?.country),
  );
  /** By name; those that can be chosen are known once the rules are loaded. */
  protected readonly countries = computed(() => {
    const country = this.country();
    const codes = phoneNumberRules()?.countries ?? (country ? [country] : []);
    return codes
      .map((code) => ({ code, name: countryName(code) }))
      .sort((one, other) => one.name.localeCompare(other.name));
  });
  protected readonly columnsText = computed(() => {
    const fields = this.columns().map(({ field }) => field);
    if (!fields.includes('number')) return this.texts.noNumber;
    const hasName = fields.some((field) => NAMES.includes(field));
    return hasName ? this.texts.columnsText : this.texts.noName;
  });
  protected readonly announcement = computed(() => {
    if (this.isChecking()) return this.texts.checking;
    if (this.isImporting()) return this.texts.submitting;
    return this.counts()
      .map(({ name, count }) => `${name}: ${count}`)
      .join(', ');
  });

  readonly #chosen = new Subject<void>();
  readonly #superseded = new Subject<void>();
  /** The answer to an earlier question does not count. */
  #asked = 0;

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      this.#superseded.next();
    });
    this.#chosen.pipe(debounceTime(PAUSE_MS), takeUntilDestroyed()).subscribe(() => {
      void this.check();
    });
  }

  protected allowDrop(event: DragEvent): void {
    if (this.isImporting() || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    this.isOver.set(true);
  }

  protected drop(event: DragEvent): void {
    event.preventDefault();
    this.isOver.set(false);
    const file = event.dataTransfer?.files[0];
    if (file && !this.isImporting()) void this.#open(file);
  }

  protected choose(input: HTMLInputElement): void {
    const file = input.files?.[0];
    if (file) void this.#open(file);
    // So that the same file, once it is changed, can be chosen again.
    input.value = '';
  }

  protected chooseField(index: number, event: Event): void {
    const chosen = (event.target as HTMLSelectElement).value as ImportColumn['field'];
    const columns = this.columns().map(({ field }, at) => (at === index ? chosen : field));
    this.#change({ columns });
  }

  protected chooseCountry(event: Event): void {
    this.#change({ country: (event.target as HTMLSelectElement).value || undefined });
  }

  protected chooseExisting(existing: ImportChoices['existing']): void {
    this.#change({ existing });
  }

  protected async check(): Promise<void> {
    const file = this.file();
    if (!file) return;
    const asked = this.#supersede();
    this.isChecking.set(true);
    this.isCurrent.set(false);
    this.problem.set('');
    try {
      const result = await this.#files.preview(file.data, this.choices(), this.#superseded);
      if (asked !== this.#asked) return;
      if (!this.choices().country) this.mayHaveNone.set(result.country === null);
      this.result.set(result);
      this.isCurrent.set(true);
    } catch (error) {
      if (asked === this.#asked) this.#fail(toProblem(error), describeProblem);
    } finally {
      if (asked === this.#asked) this.isChecking.set(false);
    }
  }

  protected async import(): Promise<void> {
    const file = this.file();
    if (!file || this.isImporting() || !this.isCurrent()) return;
    this.isImporting.set(true);
    this.problem.set('');
    try {
      // As it was shown.
      const columns = this.result()?.columns.map(({ field }) => field);
      const isTable = this.result()?.format === 'csv';
      const country = this.country();
      const choices = {
        ...this.choices(),
        ...(country && { country }),
        ...(isTable && columns ? { columns } : {}),
      };
      this.result.set(await this.#files.import(file.data, choices));
      focusAfterRender(this.#host, '.contact-import__done', this.#injector);
    } catch (error) {
      this.#fail(toProblem(error), (problem) =>
        problem.status === 0 || problem.status >= 500
          ? this.texts.failed(describeProblem(problem))
          : describeProblem(problem),
      );
    } finally {
      this.isImporting.set(false);
    }
  }

  protected iconOf(outcome: Outcome): IconName {
    return ICONS[outcome];
  }

  protected toneOf(outcome: Outcome): string {
    return outcome === 'invalid' ? 'contact-import__invalid' : '';
  }

  protected saveRejected(): void {
    const rejected = this.result()?.rejected_csv;
    // With a byte order mark, by which Excel knows UTF-8.
    const file = new Blob(['\ufeff', rejected ?? ''], { type: 'text/csv' });
    saveFile(this.#document, file, this.texts.rejectedFile);
  }

  async #open(file: File): Promise<void> {
    const asked = this.#supersede();
    this.isChecking.set(false);
    this.file.set(undefined);
    this.result.set(undefined);
    this.isCurrent.set(false);
    this.problem.set('');
    this.canRetry.set(false);
    this.choices.set(FIRST_CHOICES);
    const data = await withoutPictures(file).catch(() => undefined);
    if (asked !== this.#asked) return;
    if (!data) {
      this.problem.set(this.texts.unreadable);
    } else if (data.size > MAX_FILE_BYTES) {
      this.problem.set(this.texts.tooLarge);
    } else {
      this.file.set({ name: file.name, data });
      await this.check();
      focusAfterRender(this.#host, '.contact-import__file', this.#injector);
    }
  }

  #change(choice: Partial<ImportChoices>): void {
    this.choices.update((choices) => ({ ...choices, ...choice }));
    this.#supersede();
    this.isCurrent.set(false);
    this.isChecking.set(true);
    this.#chosen.next();
  }

  #supersede(): number {
    this.#asked += 1;
    this.#superseded.next();
    return this.#asked;
  }

  #fail(problem: Problem, describe: (problem: Problem) => string): void {
    this.problem.set(describe(problem));
    this.canRetry.set(problem.status === 0 || problem.status >= 429);
  }
}
