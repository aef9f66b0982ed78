import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  ElementRef,
  afterNextRender,
  computed,
  effect,
  inject,
  linkedSignal,
  signal,
  untracked,
  viewChildren,
} from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { ActivatedRoute, NavigationExtras, Router, RouterLink } from '@angular/router';
import { describeProblem } from '../api/describe-problem';
import { Message } from '../api/models';
import { Poll } from '../api/poll';
import { toProblem } from '../api/problem';
import { ContactsStore } from '../contacts/contacts-store';
import { locale } from '../i18n/locale';
import { logTexts } from '../i18n/log-texts';
import { MessageSync } from '../messages/message-sync';
import { ContactNames } from '../phone-numbers/contact-names';
import { loadPhoneNumberRules } from '../phone-numbers/format-phone-number';
import { UserScope } from '../session/user-scope';
import { Busy } from '../ui/busy';
import { ConnectionStatusStore } from '../ui/connection-status-store';
import { Icon } from '../ui/icon';
import { NearSight } from '../ui/near-sight';
import { Notice } from '../ui/notice';
import { saveFile } from '../ui/save-file';
import { SearchField } from '../ui/search-field';
import { Skeleton } from '../ui/skeleton';
import { LogFilter, NO_FILTER, fromAddress, isFiltered, needsApi, toAddress } from './log-filter';
import { LogGroup, groupByDay } from './log-groups';
import { LogRow } from './log-row';
import { MOST_ROWS } from './log-messages';
import { LogStore } from './log-store';

const CHOICES = ['period', 'status', 'direction'] as const;
const INPUTS = ['number', 'code'] as const;
/** As many contacts as a name that is typed is compared with. */
const MOST_NAMES = 1000;
const OPTIONS = {
  period: Object.entries(logTexts.filters.periods),
  status: Object.entries(logTexts.filters.statuses),
  direction: Object.entries(logTexts.filters.directions),
};

const MOST_SUGGESTED = 8;
const FRAMES_TO_LAY_OUT = 3;

interface FilterToLookUp {
  readonly filter: LogFilter;
  /** undefined while it is unknown. */
  readonly number: string | undefined;
}

interface Shown {
  readonly messages: readonly Message[];
  readonly today: Date;
}

/** All messages in a table, with filters that the address keeps. */
@Component({
  selector: 'app-message-log-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, Icon, LogRow, NearSight, Notice, RouterLink, SearchField, Skeleton],
  templateUrl: './message-log-page.html',
  host: { class: 'scroller' },
})
export class MessageLogPage {
  readonly #document = inject(DOCUMENT);
  readonly #router = inject(Router);
  readonly #route = inject(ActivatedRoute);
  readonly #sync = inject(MessageSync);
  readonly #contacts = inject(ContactsStore);
  readonly #poll = inject(Poll);
  readonly #connection = inject(ConnectionStatusStore);
  readonly #address = toSignal(this.#route.queryParamMap, { requireSync: true });
  private readonly rows = viewChildren(LogRow);

  protected readonly store = inject(UserScope).get(LogStore);

  protected readonly names = inject(ContactNames);
  protected readonly texts = logTexts;
  protected readonly choices = CHOICES;
  protected readonly inputs = INPUTS;
  protected readonly options = OPTIONS;
  protected readonly most = logTexts.most(MOST_ROWS);
  protected readonly filter = computed(() => fromAddress(this.#address()));
  protected readonly isFiltered = computed(() => isFiltered(this.filter()));
  /**
   * undefined while its number is a name that is yet to be looked up. That is done once: later, somebody may be stored
   * whose name begins like a sender's.
   */
  protected readonly known = linkedSignal<FilterToLookUp, LogFilter | undefined>({
    source: () => ({ filter: this.filter(), number: this.#numberOf(this.filter().number) }),
    computation: ({ filter, number }, before) => {
      const lookedUp: LogFilter | undefined = before?.value;
      const isLookedUp = [number, lookedUp?.number].includes(filter.number);
      // After a way back, its messages are still there.
      return isLookedUp || untracked(() => this.store.has(filter)) ? filter : undefined;
    },
  });
  readonly #typedPerson = signal('');
  /** The numbers of those whose name is being typed. */
  protected readonly people = computed(() =>
    this.names.search(this.#typedPerson(), MOST_SUGGESTED),
  );
  /** How many there are: on a phone, not all may be in sight. */
  protected readonly filterCount = computed(() => {
    const filter = this.filter();
    return [...CHOICES, ...INPUTS, 'search' as const].filter((name) => filter[name] !== '').length;
  });
  /** New messages are not added: the user is told, because the count looks complete. */
  protected readonly isFrozen = computed(() => needsApi(this.filter()));
  protected readonly groups = linkedSignal<Shown, readonly LogGroup[]>({
    source: () => ({ messages: this.store.messages(), today: this.#sync.today() }),
    computation: ({ messages, today }, before) => groupByDay(messages, today, before?.value),
  });
  protected readonly isEmpty = computed(() => this.store.messages().length === 0);
  /** How many messages match in all, where that is known. */
  protected readonly count = computed(() => {
    const total = this.isFiltered() ? undefined : this.#sync.total();
    const isComplete = this.store.isLoaded() && !this.store.hasMore() && !this.store.isFull();
    const known = isComplete ? this.store.messages().length : total;
    return known === undefined ? '' : logTexts.count(known);
  });
  /** While there is no connection, the connection notice says so. */
  protected readonly problem = computed(() =>
    this.#connection.isDisconnected() ? '' : this.#failure(),
  );
  readonly #failure = computed(() => {
    const problem = this.known() ? undefined : this.#contacts.problem();
    return problem ? describeProblem(problem) : this.store.problem();
  });
  protected readonly isLoading = computed(() => !this.store.isLoaded() && this.problem() === '');
  protected readonly announcement = computed(() => {
    if (!this.store.isLoaded()) return this.isLoading() ? logTexts.loading : '';
    return this.isEmpty() ? '' : logTexts.loaded(this.store.messages().length);
  });

  #lastSet: Promise<unknown> = Promise.resolve();
  protected readonly exporting = signal(false);
  protected readonly exportProblem = signal('');
  protected readonly exported = signal('');

  constructor() {
    afterNextRender(() => void loadPhoneNumberRules());
    const isStepInHistory = this.#router.currentNavigation()?.trigger === 'popstate';
    let isKept = isStepInHistory && this.store.has(untracked(this.filter));
    if (isKept) this.#scrollToOpened(inject<ElementRef<HTMLElement>>(ElementRef).nativeElement);
    effect(() => {
      const filter = this.known();
      untracked(() => {
        if (!isKept) this.store.open(filter);
        isKept = false;
      });
    });
    // The contacts may be read only after one was entered.
    effect(() => {
      const number = this.known() ? undefined : this.#numberOf(this.filter().number);
      if (number === undefined) return;
      untracked(() => {
        this.set({ number }, { replaceUrl: true });
      });
    });
  }

  protected leave({ _id }: Message, topPx: number): void {
    this.store.opened = { id: _id, topPx };
  }

  protected set(
    change: Partial<Record<keyof LogFilter, string>>,
    how: Pick<NavigationExtras, 'replaceUrl'> = {},
  ): void {
    const filter = { ...this.filter(), ...change } as LogFilter;
    const queryParams = toAddress(filter);
    this.#lastSet = this.#router.navigate([], { relativeTo: this.#route, queryParams, ...how });
  }

  protected choose(name: keyof LogFilter, event: Event): void {
    this.set({ [name]: this.valueOf(event) });
  }

  protected typePerson(event: Event): void {
    const text = this.valueOf(event);
    // Some browsers tell of a suggestion that is chosen by this event alone.
    if (this.people().includes(text)) this.choosePerson(event);
    this.#typedPerson.set(text);
  }

  protected choosePerson(event: Event): void {
    const text = this.valueOf(event);
    const number = this.#numberOf(text) ?? text;
    // The filter may be this one already, while the field has the name.
    (event.target as HTMLInputElement).value = number;
    this.set({ number });
  }

  /** Of the only contact that is called so, or else whose name begins so; otherwise the text itself, as of a number. */
  #numberOf(text: string): string | undefined {
    if (text.includes('+') || !/\p{L}/u.test(text)) return text;
    // Among some of them, a name may only seem to be that of one.
    if (!this.names.areAll()) return undefined;
    const found = this.names.search(text, MOST_NAMES);
    const isCalledSo = (number: string): boolean =>
      this.names.of(number).localeCompare(text, locale, { sensitivity: 'base' }) === 0;
    const exact = found.filter(isCalledSo);
    const [only, another] = exact.length > 0 ? exact : found;
    return another === undefined ? (only ?? text) : text;
  }

  protected clear(search: SearchField): void {
    this.set(NO_FILTER);
    // The button disappears.
    search.focus();
  }

  protected retry(): void {
    const filter = this.known();
    if (!filter) this.#poll.now();
    else if (this.store.isLoaded()) void this.store.loadMore();
    else this.store.open(filter);
  }

  protected valueOf(event: Event): string {
    return (event.target as HTMLInputElement | HTMLSelectElement).value.trim();
  }

  protected async export(): Promise<void> {
    if (this.exporting()) return;
    this.exporting.set(true);
    this.exportProblem.set('');
    this.exported.set('');
    try {
      // The click has also left a field, whose text is on its way into the address.
      await this.#lastSet;
      const filter = this.known();
      if (!filter) return;
      const file = await this.store.export(filter);
      saveFile(this.#document, file, logTexts.export.fileName);
      this.exported.set(logTexts.export.done);
    } catch (error) {
      this.exportProblem.set(describeProblem(toProblem(error)));
    } finally {
      this.exporting.set(false);
    }
  }

  /** Not after a page that has brought nothing: going on by itself would read the log to its end. */
  protected loadMoreByItself(): void {
    if (!this.store.cameEmpty()) void this.store.loadMore();
  }

  /** Once it is rendered. */
  #scrollToOpened(scroller: HTMLElement): void {
    afterNextRender(() => {
      const { opened } = this.store;
      const row = this.rows().find((row) => row.message()._id === opened?.id);
      if (!opened || !row) return;
      row.focus();
      // The rows around it get their height only when they are near.
      const scroll = (framesLeft: number): void => {
        scroller.scrollTop += row.topPx() - opened.topPx;
        if (framesLeft === 0) return;
        requestAnimationFrame(() => {
          scroll(framesLeft - 1);
        });
      };
      scroll(FRAMES_TO_LAY_OUT);
    });
  }
}
