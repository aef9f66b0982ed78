import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  ElementRef,
  Injector,
  Type,
  ViewContainerRef,
  afterNextRender,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { NavigationSkipped, Router, RouterLink } from '@angular/router';
import { EMPTY, catchError, filter, switchMap } from 'rxjs';
import { Message } from '../../api/models';
import { shortTime } from '../../i18n/formats';
import { messagesTexts } from '../../i18n/messages-texts';
import { optOutTexts } from '../../i18n/opt-out-texts';
import { Avatar } from '../../ui/avatar';
import { Busy } from '../../ui/busy';
import { Icon } from '../../ui/icon';
import { ConnectionStatusStore } from '../../ui/connection-status-store';
import { documentIsVisible } from '../../ui/document-visibility';
import { hasLasted } from '../../ui/has-lasted';
import { InSight } from '../../ui/in-sight';
import { LazyParts } from '../../ui/lazy-parts';
import { NearSight } from '../../ui/near-sight';
import { Skeleton } from '../../ui/skeleton';
import { withStylesheet } from '../../ui/stylesheet';
import { ConversationsStore } from '../../messages/conversations-store';
import { MessageSync } from '../../messages/message-sync';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { UnreadAtOpening, findFirstUnread } from './first-unread';
import { Group, toGroups } from './message-groups';
import { MessageGroup } from './message-group';
import type { MenuRequest } from './message-bubble';
import type { MessageMenu } from './message-menu';
import { ArchiveRequest, ConversationMenuRequest, MuteRequest } from '../conversation-requests';
import { MessengerIcon } from '../messenger-icon';
import { OutboxStore } from '../../messages/outbox/outbox-store';
import { PendingMessage, withoutEchoed } from '../../messages/outbox/pending-message';
import { PendingBubble } from './pending-bubble';
import { ContactNames } from '../../phone-numbers/contact-names';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import { ThreadScroll } from './thread-scroll';
import { StatusAnnouncer } from '../../messages/status-announcer';
import { ThreadsStore } from '../../messages/threads-store';
import { UnreadStore } from '../../messages/unread-store';

/** A message just sent is among this many newest messages. */
const RECENT = 50;

const loadMenu = () => withStylesheet(import('./message-menu'), 'menu');

/** What of a conversation to show. */
interface Target {
  readonly peer: string;
  readonly at: string | undefined;
  readonly day: string | undefined;
  readonly selected: string | undefined;
}

@Component({
  selector: 'app-thread',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Avatar,
    Busy,
    Icon,
    InSight,
    MessageGroup,
    MessengerIcon,
    NearSight,
    PendingBubble,
    RouterLink,
    Skeleton,
  ],
  templateUrl: './thread.html',
  host: { class: 'thread' },
})
export class Thread {
  readonly #injector = inject(Injector);
  readonly #router = inject(Router);
  protected readonly sync = inject(MessageSync);
  protected readonly threads = inject(ThreadsStore);
  protected readonly outbox = inject(OutboxStore);
  protected readonly optOuts = inject(OptOutsStore);
  readonly #unread = inject(UnreadStore);
  readonly #lazyParts = inject(LazyParts);
  #messageMenu: MessageMenu | undefined;
  readonly #conversations = inject(ConversationsStore);
  readonly #connection = inject(ConnectionStatusStore);
  /** The connection indicator says why nothing is loaded. */
  readonly #isDisconnected = this.#connection.isDisconnected;
  protected readonly isUpToDate = computed(() => this.#connection.status().state === 'up-to-date');

  readonly peer = input.required<string>();
  /** The message to show, however far back. */
  readonly at = input<string>();
  /** The day from which on to show the conversation, such as 2026-11-28. */
  readonly day = input<string>();
  /** The message whose details are shown. */
  readonly selected = input<string>();
  /** It was opened from the archive, which is where to go back to. */
  readonly archived = input(false);
  /** Something else is shown over it, so that nobody sees it. */
  readonly covered = input(false);
  protected readonly listParams = computed(() => (this.archived() ? { archived: true } : {}));
  readonly archive = output<ArchiveRequest>();
  readonly mute = output<MuteRequest>();
  readonly actions = output<ConversationMenuRequest>();
  /** The user wants to see whose number it is. */
  readonly contact = output();
  readonly details = output<Message>();
  readonly forward = output<Message>();
  /** The user wants to delete a message. */
  readonly remove = output<Message>();
  /** The user wants to edit a failed message and send it again. */
  readonly edit = output<Message>();
  /** The user wants to edit a pending message. */
  readonly takeBack = output<PendingMessage>();

  protected readonly scroller = viewChild.required<ElementRef<HTMLElement>>('scroller');
  protected readonly menu = viewChild.required('menu', { read: ViewContainerRef });
  protected readonly end = viewChild(InSight);
  protected readonly scroll = new ThreadScroll(() => this.scroller(), this.#injector);

  protected readonly texts = messagesTexts.thread;
  protected readonly optedOut = optOutTexts.optedOut;
  protected readonly mutedText = messagesTexts.conversations.muted;
  protected readonly archivedText = messagesTexts.conversations.archived;
  protected readonly stale = messagesTexts.conversations.stale;
  protected readonly names = inject(ContactNames);
  protected readonly formatPhoneNumber = formatPhoneNumber;
  protected readonly name = computed(() => this.names.of(this.peer()));
  /** Another sender has no contact. */
  protected readonly isNumber = computed(() => this.peer().startsWith('+'));
  protected readonly thread = computed(() => this.threads.thread(this.peer()));
  protected readonly loaded = computed(() => this.thread().loaded);
  readonly #messages = computed(() => this.loaded()?.messages ?? []);
  /** Once it is known. */
  readonly #unreadAtOpening = signal<UnreadAtOpening | undefined>(undefined);
  readonly #firstUnread = computed(() => {
    const unread = this.#unreadAtOpening();
    return unread && findFirstUnread(this.#messages(), unread);
  });
  protected readonly groups = linkedSignal<
    { messages: readonly Message[]; firstUnread: string | undefined },
    Group[]
  >({
    source: () => ({ messages: this.#messages(), firstUnread: this.#firstUnread() }),
    computation: ({ messages, firstUnread }, previous) =>
      toGroups(messages, this.sync.today(), previous?.value, firstUnread),
  });
  readonly #unanswered = computed(() =>
    withoutEchoed(
      this.outbox.outbox().filter(({ recipient }) => recipient === this.peer()),
      this.#messages().slice(0, RECENT),
    ),
  );
  /** Shown after the newest message. */
  protected readonly pending = computed(() => (this.loaded()?.hasNewer ? [] : this.#unanswered()));
  protected readonly isLoading = computed(
    () => !this.loaded() && !this.thread().problem && !this.#isDisconnected(),
  );
  protected readonly isEmpty = computed(
    () => this.loaded() && this.#messages().length + this.pending().length === 0,
  );
  protected readonly count = computed(() => {
    const loaded = this.loaded();
    if (!loaded) return this.isLoading() ? this.texts.loading : '';
    // If all messages are loaded, counts those on the screen: the total is older than they are.
    const stored = loaded.hasOlder || loaded.hasNewer ? loaded.total : loaded.messages.length;
    return this.texts.count(stored + this.#unanswered().length);
  });
  protected readonly pausedSince = computed(() => {
    const paused = this.sync.paused();
    return paused ? this.texts.paused(shortTime(new Date(paused.since))) : '';
  });

  /** What to load. A new object loads it again. */
  readonly #target = linkedSignal<Target>(() => ({
    peer: this.peer(),
    at: this.at(),
    day: this.day(),
    // A link to the details of a message shows it too.
    selected: untracked(this.selected),
  }));
  /** What is shown, and whether the message from the URL exists. */
  readonly #reached = signal<{ readonly target: Target; readonly exists: boolean } | undefined>(
    undefined,
  );
  /** The message from the URL, once it is known whether it exists. */
  protected readonly found = computed(() => this.#reached()?.target.at);
  /** Until the API has answered. Where it does not, the connection notice and the list say so. */
  protected readonly isStale = hasLasted(
    computed(
      () =>
        !this.#isDisconnected() &&
        (this.thread().isCached ||
          (this.loaded() !== undefined && this.#connection.isReconnecting())),
    ),
  );
  /** Shown while the message or the day from the URL is loaded, or if that message does not exist. */
  protected readonly searchStatus = computed(() => {
    const target = this.#target();
    if (target.at === undefined && target.day === undefined) return '';
    const reached = this.#reached();
    if (reached?.target === target) return reached.exists ? '' : this.texts.messageNotFound;
    const problem = this.thread().problem;
    // Without any message, the problem is shown in their place.
    if (problem) return this.loaded() ? problem : '';
    return target.at === undefined ? this.texts.findingDay : this.texts.findingMessage;
  });

  protected readonly isAtNewest = computed(() => this.scroll.isAtEnd() && !this.loaded()?.hasNewer);
  /** The newest message when the user was last at the end. */
  readonly #seen = linkedSignal<
    { isAtEnd: boolean; newest: string | undefined },
    string | undefined
  >({
    source: () => ({ isAtEnd: this.isAtNewest(), newest: this.#messages()[0]?._id }),
    computation: ({ isAtEnd, newest }, previous) => (isAtEnd ? newest : previous?.value),
  });
  protected readonly unseen = computed(() => {
    const seen = this.#seen();
    return Math.max(
      0,
      this.#messages().findIndex(({ _id }) => _id === seen),
    );
  });
  /** Its end is where the API's newest message ends. */
  protected readonly hasNewest = computed(
    () => !this.thread().isCached && this.loaded()?.hasNewer === false,
  );
  /** The last message of the conversation, if the page knows it. */
  protected readonly last = computed(() =>
    this.hasNewest()
      ? this.#messages()[0]
      : this.#conversations.rows().find(({ peer }) => peer === this.peer())?.last,
  );
  protected readonly isInArchive = computed(() => {
    const last = this.last();
    if (!last) return this.#unread.archived().has(this.peer());
    return this.#unread.isArchived(last) ?? this.archived();
  });
  protected readonly isMuted = computed(() => this.#unread.muted().has(this.peer()));
  readonly #lastSent = computed(() => this.#unanswered().at(-1)?.key);
  /** Whether the user was at the newest message before the last change. */
  #wasAtNewest = true;
  readonly #isVisible = documentIsVisible();

  constructor() {
    const { shown } = inject(StatusAnnouncer);
    effect(() => {
      shown.set(this.peer());
    });
    inject(DestroyRef).onDestroy(() => {
      shown.set(undefined);
    });
    effect(() => {
      const newest = this.#messages()[0]?._id;
      if (newest === undefined || !this.hasNewest() || !this.#unread.isKnown()) return;
      const count = this.#unread.of(this.peer());
      this.#unreadAtOpening.update((before) => before ?? { count, newest });
      if (count === 0 || this.covered() || !this.#isVisible() || !this.end()?.isInSight()) return;
      untracked(() => {
        this.#unread.markRead(this.peer());
      });
    });
    toObservable(this.#target)
      .pipe(
        switchMap((target) =>
          // A permanent error is shown in the thread.
          this.sync.load(() => this.#load(target)).pipe(catchError(() => EMPTY)),
        ),
        takeUntilDestroyed(),
      )
      .subscribe();
    effect(() => {
      const { peer, at, selected } = this.#target();
      if (!this.isUpToDate()) void untracked(() => this.threads.restore(peer, at ?? selected));
    });
    // A link to the current URL: its message may be out of sight by now.
    this.#router.events
      .pipe(
        filter(
          (event) => event instanceof NavigationSkipped && (this.at() ?? this.day()) !== undefined,
        ),
        takeUntilDestroyed(),
      )
      .subscribe(() => {
        this.loadAgain();
      });
    // Runs before the new messages are rendered.
    effect(() => {
      this.#messages();
      untracked(() => {
        if (!this.#wasAtNewest) this.scroll.keepPosition();
      });
    });
    effect(() => {
      this.#wasAtNewest = this.isAtNewest();
    });
    effect(() => {
      const selected = this.selected();
      if (selected !== undefined) {
        untracked(() => {
          this.#keepInSight(selected);
        });
      }
    });
    afterNextRender(() => void this.#addGestures());
    // A message that the user has just sent is shown, wherever they were reading.
    effect(() => {
      if (this.#lastSent()) void untracked(() => this.showNewest());
    });
  }

  /** Where that has failed, the user decides when to try again. */
  protected loadOlderOnce(): void {
    if (!this.thread().problem) void this.threads.loadOlder(this.peer());
  }

  protected loadNewerOnce(): void {
    if (!this.thread().problem) void this.threads.loadNewer(this.peer());
  }

  protected loadAgain(): void {
    this.#target.update((target) => ({ ...target }));
  }

  /** The message below this one, or above it if it is the last one. */
  neighbourOf({ _id }: Message): Message | undefined {
    const messages = this.#messages();
    const index = messages.findIndex((message) => message._id === _id);
    return messages[index - 1] ?? messages[index + 1];
  }

  /** Says that a message is deleted, and moves the focus to the one that was next to it. */
  showDeletion(neighbour: Message | undefined): void {
    void this.#withMenu((menu) => {
      menu.announceDeletion();
    });
    afterNextRender(
      () => {
        const bubble = document.getElementById(`message-${neighbour?._id ?? ''}`);
        (bubble ?? this.scroller().nativeElement).focus({ preventScroll: true });
      },
      { injector: this.#injector },
    );
  }

  protected openMenu(request: MenuRequest): Promise<void> {
    const { activeElement } = document;
    return this.#withMenu((menu) => {
      // The message may be gone by then, and the focus where something is written.
      if (request.anchor.isConnected && document.activeElement === activeElement)
        menu.open(request);
    });
  }

  /** Leaves the conversation first: while its newest message is on the screen, it is read. */
  async #markUnread(): Promise<void> {
    const peer = this.peer();
    const queryParams = this.listParams();
    if (await this.#router.navigate(['/messages'], { queryParams })) this.#unread.markUnread(peer);
  }

  toggleArchived(byKey: boolean): void {
    const last = this.last();
    if (last) this.archive.emit({ last, isArchived: !this.isInArchive(), byKey });
  }

  toggleMuted(): void {
    if (this.last()) this.mute.emit({ peer: this.peer(), isMuted: !this.isMuted() });
  }

  protected openActions(anchor: HTMLElement): void {
    const last = this.last();
    if (last) this.actions.emit({ last, isArchived: this.isInArchive(), anchor });
  }

  protected async jumpToLatest(): Promise<void> {
    this.scroller().nativeElement.focus({ preventScroll: true });
    await this.showNewest();
  }

  async showNewest(): Promise<void> {
    if (this.loaded()?.hasNewer) await this.threads.loadNewest(this.peer());
    if (this.loaded()?.hasNewer) return;
    afterNextRender(
      () => {
        this.scroll.toEnd();
      },
      { injector: this.#injector },
    );
  }

  /** Loaded once the messages are there. Without them, there are buttons for the same. */
  async #addGestures(): Promise<void> {
    const file = await import('./gestures').catch(() => undefined);
    const destroyRef = this.#injector.get(DestroyRef);
    if (!file || destroyRef.destroyed) return;
    const scroller = this.scroller().nativeElement;
    const messageOf = (bubble: HTMLElement): Message | undefined =>
      this.#messages().find(({ _id }) => bubble.id === `message-${_id}`);
    const ends = [
      file.onLongPress(scroller, 'app-message-bubble', (anchor) => {
        const message = messageOf(anchor);
        if (message) void this.openMenu({ message, anchor });
      }),
      file.onSwipe(scroller, 'app-message-bubble', (bubble) => {
        const message = messageOf(bubble);
        if (message) this.details.emit(message);
      }),
    ];
    destroyRef.onDestroy(() => {
      for (const end of ends) end();
    });
  }

  /** One menu for all messages, loaded when it is needed. */
  async #withMenu(act: (menu: MessageMenu) => void): Promise<void> {
    const file = await this.#lazyParts.load(loadMenu);
    if (!file || this.#injector.get(DestroyRef).destroyed) return;
    this.#messageMenu ??= this.#makeMenu(file.MessageMenu);
    act(this.#messageMenu);
  }

  #makeMenu(type: Type<MessageMenu>): MessageMenu {
    const { instance: menu } = this.menu().createComponent(type);
    menu.details.subscribe((message) => {
      this.details.emit(message);
    });
    menu.edit.subscribe((message) => {
      this.edit.emit(message);
    });
    menu.forward.subscribe((message) => {
      this.forward.emit(message);
    });
    menu.markUnread.subscribe(() => void this.#markUnread());
    menu.remove.subscribe((message) => {
      this.remove.emit(message);
    });
    return menu;
  }

  async #load(target: Target): Promise<void> {
    const { peer, at, day, selected } = target;
    const time = new Date(day === undefined ? Number.NaN : `${day}T00:00`);
    let exists = true;
    let first: string | undefined;
    if (at !== undefined) {
      exists = await this.threads.openAt(peer, at);
      if (exists) first = at;
    } else if (!Number.isNaN(time.getTime())) {
      first = (await this.threads.openFrom(peer, time))?._id;
    } else if (selected !== undefined) {
      if (await this.threads.openAt(peer, selected)) this.#keepInSight(selected);
    } else {
      await this.threads.open(peer);
    }
    const now = this.#target();
    if (target === now) {
      this.#reached.set({ target, exists });
      if (first !== undefined) this.#scrollTo(first);
    }
    // It was left far back, or has got there although the user has gone on.
    const isNewestWanted = (now.at ?? now.day ?? now.selected) === undefined;
    if (isNewestWanted && this.loaded()?.hasNewer) await this.showNewest();
  }

  /** The details of a message make room for it, and move it no further than needed. */
  #keepInSight(id: string): void {
    afterNextRender(
      () => {
        const show = (): void => {
          document.getElementById(`message-${id}`)?.scrollIntoView({ block: 'nearest' });
        };
        show();
        requestAnimationFrame(show);
      },
      { injector: this.#injector },
    );
  }

  #scrollTo(id: string): void {
    afterNextRender(
      () => {
        const bubble = document.getElementById(`message-${id}`);
        if (!isWriting()) bubble?.focus({ preventScroll: true });
        bubble?.scrollIntoView({ block: 'center' });
        // The messages around it are rendered only now that they are near, which moves it.
        requestAnimationFrame(() => bubble?.scrollIntoView({ block: 'center' }));
      },
      { injector: this.#injector },
    );
  }
}

/** Whoever writes while something is loaded goes on writing. */
function isWriting(): boolean {
  const { activeElement } = document;
  return activeElement instanceof HTMLTextAreaElement && activeElement.value !== '';
}
