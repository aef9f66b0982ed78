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
import { messagingTexts } from '../../i18n/messages-texts';
import { Avatar } from '../../ui/avatar';
import { Busy } from '../../ui/busy';
import { Skeleton } from '../../ui/skeleton';
import { marked } from './highlight-matches';
import { readable } from '../../phone-numbers/format-phone-number';
import { nextPlace } from '../../ui/list-navigation';
import { SearchStore } from './search-store';

/** People by number and messages by text. Choosing a message opens its conversation there. */
@Component({
  selector: 'app-search-results',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, Busy, RouterLink, Skeleton],
  template: `
    <p class="visually-hidden" role="status">{{ said() }}</p>
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
              [tabindex]="person.peer === entrance() ? 0 : -1"
              (focus)="last.set(person.peer)"
              (keydown)="walk($event)"
            >
              <app-avatar [letters]="person.peer.slice(-2)" [of]="person.peer" />
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
              [tabindex]="message.id === entrance() ? 0 : -1"
              (focus)="last.set(message.id)"
              (keydown)="walk($event)"
            >
              <app-avatar [letters]="message.peer.slice(-2)" [of]="message.peer" />
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
    @if (search.isLoading() && isNothing()) {
      <app-skeleton shape="rows" [count]="4" />
    } @else if (isNothing() && !search.problem()) {
      <p class="history__empty">{{ texts.nothing(search.words().trim()) }}</p>
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

  /** The keys lead out above the first result. */
  readonly above = output();
  /** Where the list is wanted again. */
  readonly left = output();

  protected readonly texts = messagingTexts.search;
  protected readonly people = computed(() =>
    this.search.people().map((peer) => ({ peer, name: readable(peer) })),
  );
  protected readonly messages = computed(() => {
    const words = this.search.words().trim();
    return this.search.messages().map(({ _id, peer_number, content, created_at }) => ({
      id: _id,
      peer: peer_number,
      name: readable(peer_number),
      time: shortTime(new Date(created_at)),
      parts: marked(content, words),
    }));
  });
  protected readonly isNothing = computed(
    () => this.people().length + this.messages().length === 0,
  );
  protected readonly said = computed(() => {
    if (this.search.isLoading()) return this.texts.searching;
    return this.texts.found(this.people().length, this.messages().length, this.search.hasMore());
  });

  /** The result that had the focus last: Tab leads to one, and arrows from there to the others. */
  protected readonly last = signal<string | undefined>(undefined);
  protected readonly entrance = computed(() => {
    const names = [
      ...this.people().map(({ peer }) => peer),
      ...this.messages().map(({ id }) => id),
    ];
    return names.find((name) => name === this.last()) ?? names[0];
  });

  /** What is searched for, where its first result is to be opened once it is found. */
  readonly #toOpen = signal<string | undefined>(undefined);

  constructor() {
    effect(() => {
      if (this.#toOpen() !== this.search.words() || this.search.isLoading()) return;
      this.#toOpen.set(undefined);
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

  /** At once, or when typing has settled and the answer is there. */
  openFirst(): void {
    this.#toOpen.set(this.search.words());
  }

  protected walk(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault();
      this.left.emit();
      return;
    }
    const links = this.#links();
    const to = nextPlace(event, links);
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0) this.above.emit();
    else links[to]?.focus();
  }

  #links(): HTMLElement[] {
    return Array.from(this.#host.nativeElement.querySelectorAll<HTMLElement>('a'));
  }
}
