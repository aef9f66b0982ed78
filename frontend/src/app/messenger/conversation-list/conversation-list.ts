import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  DestroyRef,
  ElementRef,
  Injector,
  afterNextRender,
  computed,
  effect,
  inject,
  input,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { RouterLink } from '@angular/router';
import { EMPTY, catchError } from 'rxjs';
import { Message } from '../../api/models';
import { shortTime } from '../../i18n/formats';
import { messagesTexts } from '../../i18n/messages-texts';
import { optOutTexts } from '../../i18n/opt-out-texts';
import { Avatar } from '../../ui/avatar';
import { Busy } from '../../ui/busy';
import { focusMain } from '../../ui/focus-main';
import { hasLasted } from '../../ui/has-lasted';
import { Icon } from '../../ui/icon';
import { ConnectionStatusStore } from '../../ui/connection-status-store';
import { Skeleton } from '../../ui/skeleton';
import { UnreadBadge } from '../../ui/unread-badge';
import { ConversationRow, withPending } from '../../messages/conversations';
import { NEW_MESSAGE, toConversationKey } from '../../messages/conversation-key';
import { ArchivedConversations } from '../../messages/archived-conversations';
import { ConversationsStore } from '../../messages/conversations-store';
import { MessageSync } from '../../messages/message-sync';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { UnreadStore } from '../../messages/unread-store';
import { OutboxStore } from '../../messages/outbox/outbox-store';
import { PendingMessage, presentPending } from '../../messages/outbox/pending-message';
import { describePictures } from '../../messages/pictures';
import { Draft, Drafts, NumberDraft, previewOf } from '../../messages/drafts/drafts';
import { splitRecipients } from '../../messages/drafts/recipients';
import { ContactNames } from '../../phone-numbers/contact-names';
import { nextIndex } from '../../ui/list-navigation';
import { ArchiveRequest, ConversationMenuRequest, MuteRequest } from '../conversation-requests';
import { MessengerIcon } from '../messenger-icon';
import { onLongPress } from '../thread/long-press';
import { SearchBox } from '../search/search-box';
import { SearchQuery } from '../search/search-query';
import type { SearchResults } from '../search/search-results';
import { LazyContent, PanelContent } from '../side-panel/panel-content';
import {
  StatusPresentation,
  describeAbsentText,
  describeMediaBesideText,
  hasText,
  presentStatus,
} from '../../messages/message-status';

/** What stands before the text: who wrote it, or what is wrong with it. */
interface Prefix {
  readonly kind: 'you' | 'draft' | 'failed';
  readonly text: string;
}

const DRAFT: Prefix = { kind: 'draft', text: messagesTexts.conversations.draft };

interface RowView {
  readonly key: string;
  /** undefined for the draft of a new message. */
  readonly peer: string | undefined;
  readonly time: string;
  readonly prefix: Prefix | undefined;
  /** What came with the text; empty if nothing did, or if there is no text. */
  readonly media: string;
  readonly preview: string;
  readonly status: StatusPresentation | undefined;
  /** What the API has stored last, if this row shows it or a draft after it. */
  readonly last?: Message;
}

@Component({
  selector: 'app-conversation-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Avatar,
    Busy,
    Icon,
    MessengerIcon,
    PanelContent,
    RouterLink,
    SearchBox,
    Skeleton,
    UnreadBadge,
  ],
  templateUrl: './conversation-list.html',
  host: { class: 'conversation-list', role: 'navigation', '[attr.aria-label]': 'texts.label' },
})
export class ConversationList {
  readonly #conversations = inject(ConversationsStore);
  protected readonly sync = inject(MessageSync);
  protected readonly query = inject(SearchQuery);
  protected readonly unread = inject(UnreadStore);
  protected readonly names = inject(ContactNames);
  protected readonly optOuts = inject(OptOutsStore);
  readonly #outbox = inject(OutboxStore).outbox;
  readonly #drafts = inject(Drafts).toNumbers;
  readonly #newDraft = inject(Drafts).ofNew;
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #document = inject(DOCUMENT);
  readonly #injector = inject(Injector);
  readonly #destroyRef = inject(DestroyRef);

  /** The key of the open conversation, or of a new message. */
  readonly current = input<string>();
  /** Shows the archived conversations in place of all others. */
  readonly archived = input(false);
  /** The user wants to write a new message. */
  readonly newMessage = output();
  readonly archive = output<ArchiveRequest>();
  readonly mute = output<MuteRequest>();
  readonly menu = output<ConversationMenuRequest>();

  protected readonly searchBox = viewChild.required(SearchBox);
  protected readonly rows = viewChild<ElementRef<HTMLElement>>('rows');

  protected readonly results: LazyContent<SearchResults> = {
    load: async () => (await import('../search/search-results')).SearchResults,
    listen: ({ exitUp, leave }) => {
      exitUp.subscribe(() => {
        this.focusSearch();
      });
      leave.subscribe(() => {
        this.leaveSearch();
      });
    },
  };

  protected readonly texts = messagesTexts.conversations;
  protected readonly back = messagesTexts.thread.back;
  protected readonly actions = messagesTexts.thread.actions;
  protected readonly store = computed(() =>
    this.archived() ? this.#injector.get(ArchivedConversations) : this.#conversations,
  );
  /** What keeps a link in the archive. */
  protected readonly inArchive = computed(() => (this.archived() ? { archived: true } : {}));
  protected readonly unreadInArchive = computed(() =>
    this.unread.totalOf(this.unread.archived().keys()),
  );
  protected readonly optedOut = optOutTexts.optedOut;
  readonly #connection = inject(ConnectionStatusStore);
  readonly #isDisconnected = this.#connection.isDisconnected;
  /** Once there is something to read, the connection indicator says what is wrong with the connection. */
  protected readonly problem = computed(() => {
    if (!this.store().isLoaded()) return this.sync.problem();
    return this.#isDisconnected() ? '' : this.store().problem();
  });
  /**
   * Until the API has answered. It is no `problem` yet, and must not move the rows. Of what was up to date before the
   * connection was lost, the connection notice says when that was.
   */
  protected readonly isStale = hasLasted(
    computed(
      () =>
        this.store().isCached() || (this.store().isLoaded() && this.#connection.isReconnecting()),
    ),
  );
  protected readonly isLoading = computed(
    () => !this.store().isLoaded() && !this.sync.problem() && !this.#isDisconnected(),
  );
  protected readonly views = computed(() => {
    const today = this.sync.today();
    // The open conversation shows its draft itself.
    const drafts = this.#drafts().filter(({ peer }) => toConversationKey(peer) !== this.current());
    const previews = new Map(drafts.map(({ peer, preview }) => [peer, preview]));
    const isArchive = this.archived();
    const views = withPending(this.store().rows(), isArchive ? [] : this.#outbox()).map((entry) =>
      withDraft(
        'last' in entry ? ofRow(entry, today) : ofPending(entry.pending, today),
        previews.get(entry.peer),
      ),
    );
    if (isArchive) return views;
    const draft = this.#newDraft();
    const first = draft ? [this.#ofNewDraft(draft)] : [];
    // Before the conversations are known, a draft would move from here to its own.
    if (!this.store().isLoaded()) return [...first, ...views];
    const known = new Set([...views.map(({ peer }) => peer), ...this.unread.archived().keys()]);
    // Also of the open one: a row that disappeared would move the others under the pointer.
    const ofTheirOwn = this.#drafts().filter(({ peer }) => !known.has(peer));
    return [...first, ...ofTheirOwn.map(ofDraft), ...views];
  });

  /** Tab reaches one row, the one focused last, and arrows lead to the others (roving tabindex). */
  protected readonly lastFocused = signal<string | undefined>(undefined);
  protected readonly tabStop = computed(() => {
    const keys = this.views().map(({ key }) => key);
    return [this.lastFocused(), this.current()].find((key) => key && keys.includes(key)) ?? keys[0];
  });

  constructor() {
    effect(() => {
      const peers = this.store()
        .rows()
        .map(({ peer }) => peer);
      untracked(() => {
        this.optOuts.loadUnknown(peers);
      });
    });
    effect(() => {
      if (!this.archived()) return;
      const store = this.store();
      untracked(() => {
        this.sync
          .load(() => store.loadFirst())
          .pipe(
            catchError(() => EMPTY),
            takeUntilDestroyed(this.#destroyRef),
          )
          .subscribe();
      });
    });
    const end = onLongPress(this.#host.nativeElement, 'li > .conversation-row', (row) => {
      const last = this.views()[this.#links().indexOf(row)]?.last;
      if (last) this.openMenu(last, row);
    });
    this.#destroyRef.onDestroy(end);
  }

  /** Archives the conversation whose row has the focus, or brings it back; returns false if none has. */
  archiveFocused(): boolean {
    const index = this.#focusedIndex();
    const last = this.views()[index]?.last;
    if (!last) return index >= 0;
    const next = this.#beside(index);
    this.archive.emit({ last, isArchived: !this.archived(), byKey: next === undefined, next });
    return true;
  }

  /** Mutes the conversation whose row has the focus, or unmutes it; returns false if none has. */
  muteFocused(): boolean {
    const index = this.#focusedIndex();
    const peer = this.views()[index]?.last?.peer_number;
    if (peer !== undefined) this.mute.emit({ peer, isMuted: !this.unread.muted().has(peer) });
    return index >= 0;
  }

  /** On a phone, the list is hidden while a conversation is open. */
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

  focusRow(key: string): void {
    this.lastFocused.set(key);
    afterNextRender(
      () => {
        if (this.isVisible()) this.focusRows();
      },
      { injector: this.#injector },
    );
  }

  /** The row next to one that disappears; without one, the page. */
  focusBeside(key: string): void {
    const next = this.#beside(this.views().findIndex((view) => view.key === key));
    if (next === undefined) focusMain(this.#document, { preventScroll: true });
    else this.focusRow(next);
  }

  /** Arrow down in the search box: to the results, or to the conversations. */
  protected enterRows(): void {
    if (!this.query.isSearching()) this.focusRows();
    else this.#host.nativeElement.querySelector<HTMLElement>('app-search-results a')?.focus();
  }

  protected leaveSearch(): void {
    this.query.type('');
    afterNextRender(
      () => {
        if (this.#links().length > 0) this.focusRows();
        else focusMain(this.#document, { preventScroll: true });
      },
      { injector: this.#injector },
    );
  }

  protected openMenu(last: Message, anchor: HTMLElement): void {
    this.menu.emit({ last, isArchived: this.archived(), anchor });
  }

  protected navigate(event: KeyboardEvent): void {
    const links = this.#links();
    const to = nextIndex(event, links);
    if (to === undefined) return;
    event.preventDefault();
    links[to]?.focus();
  }

  /** Without a text, it is known by whom it is for. */
  #ofNewDraft(draft: Draft): RowView {
    const { chosen, typed } = splitRecipients(draft.recipient_number);
    const recipients = [...chosen.map((number) => this.names.unambiguous(number)), typed.trim()];
    const preview = previewOf(draft) || recipients.filter((each) => each !== '').join(', ');
    return {
      key: NEW_MESSAGE,
      peer: undefined,
      time: '',
      prefix: DRAFT,
      media: '',
      preview,
      status: undefined,
    };
  }

  #focusedIndex(): number {
    const focused = this.#document.activeElement;
    return this.#links().findIndex((link) => link.parentElement?.contains(focused));
  }

  #beside(index: number): string | undefined {
    return (this.views()[index + 1] ?? this.views()[index - 1])?.key;
  }

  #links(): HTMLElement[] {
    return Array.from(this.rows()?.nativeElement.querySelectorAll<HTMLElement>('a') ?? []);
  }
}

function ofRow({ peer, last }: ConversationRow, today: Date): RowView {
  const status = last.direction === 'outbound' ? presentStatus(last.status) : undefined;
  return {
    key: toConversationKey(peer),
    peer,
    time: shortTime(new Date(last.created_at), today),
    prefix:
      hasText(last) || last.num_media || status?.tone === 'danger' ? prefixFor(status) : undefined,
    media: describeMediaBesideText(last),
    preview: hasText(last) ? last.content : describeAbsentText(last),
    status,
    last,
  };
}

function ofPending(pending: PendingMessage, today: Date): RowView {
  const { recipient, content, media, writtenAt } = pending;
  const status = presentPending(pending);
  return {
    key: toConversationKey(recipient),
    peer: recipient,
    time: shortTime(writtenAt, today),
    prefix: prefixFor(status),
    media: content && describePictures(media),
    preview: content || describePictures(media),
    status,
  };
}

/** In a conversation without messages, or one that is not loaded yet. A draft has no time. */
function ofDraft({ peer, preview }: NumberDraft): RowView {
  return {
    key: toConversationKey(peer),
    peer,
    time: '',
    prefix: DRAFT,
    media: '',
    preview,
    status: undefined,
  };
}

/** A draft takes the place of the last message; but if that has failed, it stays to be seen. */
function withDraft(view: RowView, preview: string | undefined): RowView {
  if (preview === undefined) return view;
  const status = view.status?.tone === 'danger' ? view.status : undefined;
  return { ...view, prefix: DRAFT, media: '', preview, status };
}

/** A message that has failed says so; any other of one's own, that it is one's own. */
function prefixFor(status: StatusPresentation | undefined): Prefix | undefined {
  const { failed, you } = messagesTexts.conversations;
  if (!status) return undefined;
  return status.tone === 'danger'
    ? { kind: 'failed', text: failed(status.text) }
    : { kind: 'you', text: you };
}
