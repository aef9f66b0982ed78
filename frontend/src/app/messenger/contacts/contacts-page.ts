import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  Injector,
  afterNextRender,
  computed,
  effect,
  inject,
  linkedSignal,
  signal,
  untracked,
} from '@angular/core';
import { Router, RouterLink, RouterOutlet } from '@angular/router';
import { describeProblem } from '../../api/describe-problem';
import { Poll } from '../../api/poll';
import { toProblem } from '../../api/problem';
import { findContacts, sortContacts } from '../../contacts/contact-search';
import { ContactFiles } from '../../contacts/contact-files';
import { ContactsStore } from '../../contacts/contacts-store';
import { contactsPageTexts } from '../../i18n/contacts-page-texts';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { loadPhoneNumberRules } from '../../phone-numbers/format-phone-number';
import { Busy } from '../../ui/busy';
import { focusMain } from '../../ui/focus-main';
import { Icon } from '../../ui/icon';
import { nextIndex } from '../../ui/list-navigation';
import { NearSight } from '../../ui/near-sight';
import { Notice } from '../../ui/notice';
import { saveFile } from '../../ui/save-file';
import { SearchField } from '../../ui/search-field';
import { Skeleton } from '../../ui/skeleton';
import { MessengerIcon } from '../messenger-icon';
import { ContactRow } from './contact-row';

/** Rows that are rendered at once: more when the last one comes near. */
const ROWS = 100;

/** All contacts beside the open one, a new one or the import; a phone shows one or the other. */
@Component({
  selector: 'app-contacts-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Busy,
    ContactRow,
    Icon,
    MessengerIcon,
    NearSight,
    Notice,
    RouterLink,
    RouterOutlet,
    SearchField,
    Skeleton,
  ],
  providers: [ContactFiles],
  templateUrl: './contacts-page.html',
})
export class ContactsPage {
  readonly #document = inject(DOCUMENT);
  readonly #injector = inject(Injector);
  readonly #router = inject(Router);
  readonly #files = inject(ContactFiles);
  protected readonly poll = inject(Poll);
  protected readonly store = inject(ContactsStore);
  readonly #optOuts = inject(OptOutsStore);

  protected readonly texts = contactsPageTexts;
  protected readonly isOpen = signal(false);
  protected readonly search = signal('');
  readonly #sorted = computed(() => sortContacts(this.store.all()));
  protected readonly found = computed(() => findContacts(this.#sorted(), this.search()));
  /** As many as before, unless something else is searched for. */
  readonly #limit = linkedSignal({ source: this.search, computation: () => ROWS });
  /** The numbers of the rows that stay as they are, while one of them has the focus and others are on their way. */
  readonly #kept = linkedSignal<string, readonly string[] | undefined>({
    source: this.search,
    computation: () => undefined,
  });
  protected readonly shown = computed(() => {
    const kept = this.#kept()?.map((number) => this.store.of(number));
    return kept?.filter((contact) => contact !== undefined) ?? this.found().slice(0, this.#limit());
  });
  protected readonly total = computed(() => this.#sorted().length);
  protected readonly count = computed(() => {
    if (this.store.isKnown()) return this.texts.count(this.total());
    return this.problem() ? '' : this.texts.loading;
  });
  protected readonly announcement = computed(() => {
    if (this.problem()) return '';
    if (!this.store.isKnown()) return this.texts.loading;
    return this.search() ? this.texts.found(this.found().length) : '';
  });
  /** The number in the address. */
  protected readonly open = computed(() => {
    const url = this.#router.lastSuccessfulNavigation()?.finalUrl;
    return url?.root.children['primary']?.segments[1]?.path ?? '';
  });

  protected readonly problem = computed(() => {
    const problem = this.store.problem();
    return problem && !this.store.isKnown() ? describeProblem(problem) : '';
  });

  protected readonly exporting = signal(false);
  protected readonly exported = signal('');
  protected readonly exportProblem = signal('');

  constructor() {
    void loadPhoneNumberRules();
    const asked = new Set<string>();
    effect(() => {
      // Until then, the rows move with each page.
      if (!this.store.isKnown()) return;
      const numbers = this.shown().map(({ number }) => number);
      untracked(() => {
        // Each once: the store forgets some if there are many, and all rows stay.
        this.#optOuts.loadUnknown(numbers.filter((number) => !asked.has(number)));
      });
      for (const number of numbers) asked.add(number);
    });
  }

  /** The heading says what has opened, unless the browser has just opened it. */
  protected opened(): void {
    this.isOpen.set(true);
    // The outlet of the first page is there only after its navigation, and those of the next ones during them.
    const navigation = this.#router.currentNavigation() ?? this.#router.lastSuccessfulNavigation();
    if (!navigation?.previousNavigation) return;
    afterNextRender(
      () => {
        // A form that has opened with it has taken the focus.
        if (!this.#document.activeElement?.closest('.contacts__pane form')) {
          focusMain(this.#document);
        }
      },
      { injector: this.#injector },
    );
  }

  protected keep(): void {
    if (!this.store.isKnown()) this.#kept.set(this.shown().map(({ number }) => number));
  }

  protected release({ relatedTarget }: FocusEvent, list: HTMLElement): void {
    if (!list.contains(relatedTarget as Node | null)) this.#kept.set(undefined);
  }

  protected showMore(): void {
    this.#limit.update((limit) => limit + ROWS);
    const kept = new Set(this.#kept());
    if (kept.size === 0) return;
    const numbers = this.found().map(({ number }) => number);
    const next = numbers.findLastIndex((number) => kept.has(number)) + 1;
    this.#kept.set([...kept, ...numbers.slice(next, next + ROWS)]);
  }

  protected navigate(event: KeyboardEvent, list: HTMLElement): void {
    const links = Array.from(list.querySelectorAll('a'));
    const index = nextIndex(event, links);
    if (index === undefined) return;
    event.preventDefault();
    links[index]?.focus();
  }

  protected async export(): Promise<void> {
    if (this.exporting()) return;
    this.exporting.set(true);
    this.exportProblem.set('');
    this.exported.set('');
    try {
      saveFile(this.#document, await this.#files.export(), this.texts.export.fileName);
      this.exported.set(this.texts.export.done);
    } catch (error) {
      this.exportProblem.set(describeProblem(toProblem(error)));
    } finally {
      this.exporting.set(false);
    }
  }
}
