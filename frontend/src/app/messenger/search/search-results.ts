import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  afterNextRender,
  computed,
  effect,
  inject,
  output,
  signal,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { shortTime } from '../../i18n/formats';
import { messagesTexts } from '../../i18n/messages-texts';
import { Avatar } from '../../ui/avatar';
import { Busy } from '../../ui/busy';
import { Skeleton } from '../../ui/skeleton';
import { highlightMatches } from './highlight-matches';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import { nextIndex } from '../../ui/list-navigation';
import { SearchStore } from './search-store';

/** People found by number and messages found by text. Choosing a message opens its conversation at that message. */
@Component({
  selector: 'app-search-results',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, Busy, RouterLink, Skeleton],
  template: `
    <p class="visually-hidden" role="status">{{ announcement() }}</p>
    @if (search.problem(); as problem) {
      <p class="history__problem" role="alert">{{ problem }}</p>
    }
    @if (people().length > 0) {
      <h2 class="results__title">{{ texts.people }}</h2>
      <ul>
        @for (person of people(); track person.peer) {
          <li>
            <a
              class="row row--short"
              [routerLink]="['/messages', person.peer]"
              [tabindex]="person.peer === tabStop() ? 0 : -1"
              (focus)="lastFocused.set(person.peer)"
              (keydown)="navigate($event)"
            >
              <app-avatar [letters]="person.peer.slice(-2)" [name]="person.peer" />
              <span class="row__name" dir="ltr" translate="no">{{ person.name }}</span>
            </a>
          </li>
        }
      </ul>
    }
    @if (messages().length > 0) {
      <h2 class="results__title">{{ texts.messages }}</h2>
      <ul>
        @for (message of messages(); track message.id) {
          <li>
            <a
              class="row"
              [routerLink]="['/messages', message.peer]"
              [queryParams]="{ at: message.id }"
              [tabindex]="message.id === tabStop() ? 0 : -1"
              (focus)="lastFocused.set(message.id)"
              (keydown)="navigate($event)"
            >
              <app-avatar [letters]="message.peer.slice(-2)" [name]="message.peer" />
              <span class="row__name" dir="ltr" translate="no">{{ message.name }}</span>
              <span class="row__time" translate="no">{{ message.time }}</span>
              <span class="row__preview row__preview--found" dir="auto">
                @for (part of message.parts; track $index) {
                  @if (part.isMatch) {
                    <mark [textContent]="part.text"></mark>
                  } @else {
                    <span [textContent]="part.text"></span>
                  }
                }
              </span>
            </a>
          </li>
        }
      </ul>
    }
    @if (search.isLoading() && isEmpty()) {
      <app-skeleton shape="rows" [count]="4" />
    } @else if (isEmpty() && !search.problem()) {
      <p class="history__empty">{{ texts.nothing(search.query().trim()) }}</p>
    }
    @if (search.hasMore()) {
      <button
        type="button"
        class="button button--small results__more"
        [appBusy]="search.loadingMore()"
        (click)="search.loadMore()"
      >
        {{ search.loadingMore() ? texts.searching : texts.loadMore }}
      </button>
    }
  `,
  host: { class: 'history__rows scroller', role: 'region', '[attr.aria-label]': 'texts.results' },
})
export class SearchResults {
  protected readonly search = inject(SearchStore);
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);

  /** Arrow up on the first result. */
  readonly exitUp = output();
  /** The user wants to go back to the list. */
  readonly leave = output();

  protected readonly texts = messagesTexts.search;
  protected readonly people = computed(() =>
    this.search.people().map((peer) => ({ peer, name: formatPhoneNumber(peer) })),
  );
  protected readonly messages = computed(() => {
    const query = this.search.query().trim();
    return this.search.messages().map(({ _id, peer_number, content, created_at }) => ({
      id: _id,
      peer: peer_number,
      name: formatPhoneNumber(peer_number),
      time: shortTime(new Date(created_at)),
      parts: highlightMatches(content, query),
    }));
  });
  protected readonly isEmpty = computed(() => this.people().length + this.messages().length === 0);
  protected readonly announcement = computed(() => {
    if (this.search.isLoading()) return this.texts.searching;
    const { foundPeople, foundMessages, foundMoreMessages } = this.texts;
    const found = this.search.hasMore() ? foundMoreMessages : foundMessages;
    return `${foundPeople(this.people().length)} ${found(this.messages().length)}`;
  });

  /** Tab reaches one result, the one focused last, and arrows lead to the others (roving tabindex). */
  protected readonly lastFocused = signal<string | undefined>(undefined);
  protected readonly tabStop = computed(() => {
    const names = [
      ...this.people().map(({ peer }) => peer),
      ...this.messages().map(({ id }) => id),
    ];
    return names.find((name) => name === this.lastFocused()) ?? names[0];
  });

  /** The query whose first result is to be opened once it is found. */
  readonly #queryToOpen = signal<string | undefined>(undefined);

  constructor() {
    effect(() => {
      if (this.#queryToOpen() !== this.search.query() || this.search.isLoading()) return;
      this.#queryToOpen.set(undefined);
      afterNextRender(
        () => {
          this.#links()[0]?.click();
        },
        { injector: this.#injector },
      );
    });
  }

  focusFirst(): void {
    this.#links()[0]?.focus();
  }

  /** At once, or when the results of what has been typed are there. */
  openFirst(): void {
    this.#queryToOpen.set(this.search.query());
  }

  protected navigate(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault();
      this.leave.emit();
      return;
    }
    const links = this.#links();
    const to = nextIndex(event, links);
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0) this.exitUp.emit();
    else links[to]?.focus();
  }

  #links(): HTMLElement[] {
    return Array.from(this.#host.nativeElement.querySelectorAll<HTMLElement>('a'));
  }
}
