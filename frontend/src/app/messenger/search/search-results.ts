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
import { toConversationKey } from '../../messages/conversation-key';
import { describeAbsentText, hasText } from '../../messages/message-status';
import { searchResultsTexts } from '../../i18n/search-results-texts';
import { Avatar } from '../../ui/avatar';
import { Busy } from '../../ui/busy';
import { Skeleton } from '../../ui/skeleton';
import { highlightMatches } from './highlight-matches';
import { ContactNames } from '../../phone-numbers/contact-names';
import { nextIndex } from '../../ui/list-navigation';
import { SearchQuery } from './search-query';
import { SearchStore } from './search-store';

/** People found by number and messages found by text. Choosing a message opens its conversation at that message. */
@Component({
  selector: 'app-search-results',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, Busy, RouterLink, Skeleton],
  templateUrl: './search-results.html',
  providers: [SearchStore],
  host: {
    class: 'conversation-list__rows scroller',
    role: 'region',
    '[attr.aria-label]': 'texts.results',
  },
})
export class SearchResults {
  protected readonly query = inject(SearchQuery);
  protected readonly search = inject(SearchStore);
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);

  /** Arrow up on the first result. */
  readonly exitUp = output();
  /** The user wants to go back to the list. */
  readonly leave = output();

  protected readonly names = inject(ContactNames);
  protected readonly toConversationKey = toConversationKey;
  protected readonly texts = searchResultsTexts;
  protected readonly people = computed(() =>
    this.search.people().map((peer) => ({ peer, name: this.names.unambiguous(peer) })),
  );
  protected readonly messages = computed(() => {
    const query = this.query.text().trim();
    return this.search.messages().map((message) => ({
      id: message._id,
      peer: message.peer_number,
      name: this.names.unambiguous(message.peer_number),
      time: shortTime(new Date(message.created_at)),
      parts: highlightMatches(
        hasText(message) ? message.content : describeAbsentText(message),
        query,
      ),
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

  constructor() {
    effect(() => {
      if (!this.query.opensFirst() || this.search.isLoading()) return;
      this.query.opened();
      afterNextRender(
        () => {
          this.#links()[0]?.click();
        },
        { injector: this.#injector },
      );
    });
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
