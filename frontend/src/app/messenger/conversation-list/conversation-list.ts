import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  ElementRef,
  Injector,
  afterNextRender,
  computed,
  inject,
  input,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { shortTime } from '../../i18n/formats';
import { messagingTexts } from '../../i18n/messages-texts';
import { Avatar } from '../../ui/avatar';
import { Busy } from '../../ui/busy';
import { focusMain } from '../../ui/focus-main';
import { Icon } from '../../ui/icon';
import { LivenessStore } from '../../ui/connection-status-store';
import { Skeleton } from '../../ui/skeleton';
import { Row, withOutgoing } from '../../messages/conversations';
import { ConversationsStore } from '../../messages/conversations-store';
import { Feed } from '../../messages/message-sync';
import { OutboxStore } from '../../messages/outbox/outbox-store';
import { Outgoing, presentOutgoing } from '../../messages/outbox/pending-message';
import { readable } from '../../phone-numbers/format-phone-number';
import { nextPlace } from '../../ui/list-navigation';
import { SearchBox } from '../search/search-box';
import { SearchResults } from '../search/search-results';
import { SearchStore } from '../search/search-store';
import { StatusPresentation, presentStatus } from '../../messages/message-status';

interface RowView {
  readonly peer: string;
  readonly name: string;
  readonly time: string;
  readonly preview: string;
  readonly status: StatusPresentation | undefined;
}

@Component({
  selector: 'app-conversation-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, Busy, Icon, RouterLink, SearchBox, SearchResults, Skeleton],
  template: `
    <div class="history__head">
      <app-search-box
        (left)="leaveSearch()"
        (down)="enterRows()"
        (enter)="results()?.openFirst()"
      />
      <a class="button button--primary" routerLink="/messages/new" (click)="newMessage.emit()">
        <app-icon name="plus" />{{ texts.newMessage }}
      </a>
    </div>
    @if (problem(); as problem) {
      <p class="history__problem" [attr.role]="store.isLoaded() ? null : 'alert'">
        {{ problem }}
      </p>
    }
    @if (search.isSearching()) {
      <app-search-results (above)="focusSearch()" (left)="leaveSearch()" />
    } @else {
      <div class="history__rows scroller" [attr.aria-busy]="!store.isLoaded()">
        <ul #rows>
          @for (row of views(); track row.peer) {
            <li>
              <a
                class="row"
                [routerLink]="['/messages', row.peer]"
                [attr.aria-current]="row.peer === current() ? 'true' : null"
                [tabindex]="row.peer === entrance() ? 0 : -1"
                (focus)="last.set(row.peer)"
                (keydown)="walk($event)"
              >
                <app-avatar [letters]="row.peer.slice(-2)" [of]="row.peer" />
                <span class="row__name" dir="ltr" translate="no">{{ row.name }}</span>
                <span class="row__time" translate="no">{{ row.time }}</span>
                <span class="row__preview" dir="auto">{{ row.preview }}</span>
                @if (row.status; as status) {
                  <span
                    class="row__status"
                    translate="no"
                    [class]="'tone-' + status.tone"
                    [title]="status.text"
                  >
                    <app-icon [name]="status.icon" />
                    <span class="visually-hidden">{{ status.text }}</span>
                  </span>
                }
              </a>
            </li>
          } @empty {
            @if (store.isLoaded()) {
              <li class="history__empty">{{ texts.empty }}</li>
            } @else if (isLoading()) {
              <li class="visually-hidden">{{ texts.loading }}</li>
            }
          }
        </ul>
        @if (isLoading()) {
          <app-skeleton shape="rows" [count]="7" />
        }
        @if (store.hasMore()) {
          <button
            type="button"
            class="button button--small history__more"
            [appBusy]="store.loadingMore()"
            (click)="store.loadMore()"
          >
            {{ store.loadingMore() ? texts.loadingMore : texts.loadMore }}
          </button>
        }
      </div>
    }
    <div class="history__foot">
      <h1 translate="no">{{ texts.title(feed.total()) }}</h1>
    </div>
  `,
  host: { class: 'history', role: 'navigation', '[attr.aria-label]': 'texts.label' },
})
export class ConversationList {
  protected readonly store = inject(ConversationsStore);
  protected readonly feed = inject(Feed);
  protected readonly search = inject(SearchStore);
  readonly #outbox = inject(OutboxStore).outbox;
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #document = inject(DOCUMENT);
  readonly #injector = inject(Injector);

  readonly current = input<string>();
  /** A new message is to be written: its place is navigated to. */
  readonly newMessage = output();

  protected readonly searchBox = viewChild.required(SearchBox);
  protected readonly results = viewChild(SearchResults);
  protected readonly rows = viewChild<ElementRef<HTMLElement>>('rows');

  protected readonly texts = messagingTexts.history;
  readonly #isTroubled = inject(LivenessStore).isTroubled;
  /** Where something is there to read, the bar says what is wrong with the connection. */
  protected readonly problem = computed(() => {
    if (!this.store.isLoaded()) return this.feed.problem();
    return this.store.problem() || (this.#isTroubled() ? this.texts.stale : '');
  });
  protected readonly isLoading = computed(
    () => !this.store.isLoaded() && !this.feed.problem() && !this.#isTroubled(),
  );
  protected readonly views = computed(() => {
    const today = this.feed.today();
    return withOutgoing(this.store.rows(), this.#outbox()).map((entry) =>
      'last' in entry ? ofRow(entry, today) : ofOutgoing(entry.outgoing, today),
    );
  });

  /** The row that had the focus last: Tab leads to one row, and arrows from there to the others. */
  protected readonly last = signal<string | undefined>(undefined);
  protected readonly entrance = computed(() => {
    const peers = this.views().map(({ peer }) => peer);
    return [this.last(), this.current()].find((peer) => peer && peers.includes(peer)) ?? peers[0];
  });

  /** On a phone it is not, where something is open. */
  isVisible(): boolean {
    return this.#host.nativeElement.offsetParent !== null;
  }

  focusSearch(): void {
    this.searchBox().focus();
  }

  focusRows(): void {
    this.#links()
      .find(({ tabIndex }) => tabIndex === 0)
      ?.focus();
  }

  /** Down from the search: to what is found, or to the conversations. */
  protected enterRows(): void {
    if (this.search.isSearching()) this.results()?.focusFirst();
    else this.focusRows();
  }

  protected leaveSearch(): void {
    this.search.search('');
    afterNextRender(
      () => {
        if (this.#links().length > 0) this.focusRows();
        else focusMain(this.#document, { preventScroll: true });
      },
      { injector: this.#injector },
    );
  }

  protected walk(event: KeyboardEvent): void {
    const links = this.#links();
    const to = nextPlace(event, links);
    if (to === undefined) return;
    event.preventDefault();
    links[to]?.focus();
  }

  #links(): HTMLElement[] {
    return Array.from(this.rows()?.nativeElement.querySelectorAll<HTMLElement>('a') ?? []);
  }
}

function ofRow({ peer, last }: Row, today: Date): RowView {
  const status = last.direction === 'outbound' ? presentStatus(last.status) : undefined;
  return {
    peer,
    name: readable(peer),
    time: shortTime(new Date(last.created_at), today),
    preview: trouble(status) ?? (last.content || messagingTexts.thread.textRemoved),
    status,
  };
}

function ofOutgoing(outgoing: Outgoing, today: Date): RowView {
  const { recipient, content, writtenAt } = outgoing;
  const status = presentOutgoing(outgoing);
  return {
    peer: recipient,
    name: readable(recipient),
    time: shortTime(writtenAt, today),
    preview: trouble(status) ?? content,
    status,
  };
}

/** What is said in the place of the text. */
function trouble(status: StatusPresentation | undefined): string | undefined {
  return status && ['bad', 'maybe'].includes(status.tone) ? status.text : undefined;
}
