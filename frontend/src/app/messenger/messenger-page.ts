import { Location } from '@angular/common';
import {
  ChangeDetectionStrategy,
  Component,
  Injector,
  ViewContainerRef,
  afterNextRender,
  computed,
  effect,
  inject,
  input,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { Message } from '../api/models';
import { messagesTexts } from '../i18n/messages-texts';
import { splitAtPlaceholder } from '../i18n/plural';
import { Icon } from '../ui/icon';
import { NEW_MESSAGE, peerOf, toConversationKey } from '../messages/conversation-key';
import { addPlaces } from '../messages/drafts/compose-form';
import { ComposeForms } from '../messages/drafts/compose-forms';
import { Drafts } from '../messages/drafts/drafts';
import { MessageSync } from '../messages/message-sync';
import type { findRequestToStop } from '../messages/opt-outs/request-to-stop';
import { OptOutsStore } from '../messages/opt-outs/opt-outs-store';
import { ThreadsStore } from '../messages/threads-store';
import { Composer } from './composer/composer';
import { ConversationList } from './conversation-list/conversation-list';
import { ConversationsStore } from '../messages/conversations-store';
import { addMessengerShortcuts } from './messenger-shortcuts';
import type { ContactCard } from './contact-card/contact-card';
import type { PictureViewer } from './media/picture-viewer';
import type { MessageDetails } from './message-details/message-details';
import { ClosedComposer } from './opt-out/closed-composer';
import { OptOutSuggestion } from './opt-out/opt-out-suggestion';
import { WrittenMessage, describePictures } from '../messages/pictures';
import { OutboxStore } from '../messages/outbox/outbox-store';
import { isRecipientError } from '../messages/recipient-errors';
import { PendingMessage } from '../messages/outbox/pending-message';
import { RecipientParser } from '../messages/recipient-parser';
import { loadPhoneNumberRules, toE164 } from '../phone-numbers/format-phone-number';
import { LazyContent, PanelContent } from './side-panel/panel-content';
import { SidePanel } from './side-panel/side-panel';
import { SearchQuery } from './search/search-query';
import { focusMainIfLost } from '../ui/focus-main';
import { hasLasted } from '../ui/has-lasted';
import { LazyParts } from '../ui/lazy-parts';
import { NARROW, mediaMatches } from '../ui/media-query';
import { KEYS, Shortcuts } from '../ui/shortcuts';
import { withStylesheet } from '../ui/stylesheet';
import { touchScreen } from '../ui/touch-screen';
import { ArchiveRequest, ConversationMenuRequest, MuteRequest } from './conversation-requests';
import { Thread } from './thread/thread';
import type { Welcome } from './welcome/welcome';

/** In place of the id of a message: the contact of the conversation. */
const CONTACT = 'contact';

const loadConversationMenu = () =>
  withStylesheet(import('./conversation-menu/conversation-menu'), 'menu');
const loadDeleteConversation = () =>
  withStylesheet(import('./delete-conversation/delete-conversation'), 'notices');
const loadDeleteMessage = () => import('./delete-message/delete-message');
const loadJumpToDate = () => import('./jump-to-date/jump-to-date');
const loadUndoNotice = () => withStylesheet(import('./undo-notice/undo-notice'), 'notices');

@Component({
  selector: 'app-messenger-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    ClosedComposer,
    Composer,
    ConversationList,
    Icon,
    OptOutSuggestion,
    PanelContent,
    RouterLink,
    SidePanel,
    Thread,
  ],
  providers: [SearchQuery],
  templateUrl: './messenger-page.html',
  host: {
    class: 'messenger-page',
    role: 'main',
    '[class.messenger-page--pane-open]': 'showsPane()',
    '[class.hides-tab-bar]': 'hidesTabBar()',
  },
})
export class MessengerPage {
  readonly #router = inject(Router);
  readonly #location = inject(Location);
  readonly #injector = inject(Injector);
  readonly #conversations = inject(ConversationsStore);
  readonly #sync = inject(MessageSync);
  readonly #shortcuts = inject(Shortcuts);
  readonly #forms = inject(ComposeForms);
  readonly #drafts = inject(Drafts).toNumbers;
  readonly #parser = inject(RecipientParser);
  readonly #outbox = inject(OutboxStore);
  readonly #optOuts = inject(OptOutsStore);
  readonly #threads = inject(ThreadsStore);
  readonly #lazyParts = inject(LazyParts);

  /** From the URL: a phone number or "new". */
  readonly peer = input<string>();
  /** From the URL: the message to show in its conversation. */
  readonly at = input<string>();
  /** From the URL: the day from which on to show its conversation. */
  readonly day = input<string>();
  /** From the URL: the message whose details are open, or CONTACT. */
  readonly details = input<string>();
  /** From the URL: the picture that is shown large. */
  readonly picture = input<string>();
  /** From the URL: the user wants to write at once. */
  readonly compose = input<string>();

  /** From the URL: whether the list is that of archived conversations. */
  readonly archived = input<string>();

  /** The details were opened on this page and not by a URL: then closing them goes back. */
  #openedDetails = false;

  protected readonly list = viewChild.required(ConversationList);
  protected readonly composer = viewChild(Composer);
  protected readonly closed = viewChild(ClosedComposer);
  protected readonly thread = viewChild(Thread);
  protected readonly notices = viewChild.required('notices', { read: ViewContainerRef });

  protected readonly texts = messagesTexts.compose;
  protected readonly back = messagesTexts.thread.back;
  protected readonly panelTitles = messagesTexts.sidePanel;
  protected readonly contact = CONTACT;
  protected readonly newMessage = NEW_MESSAGE;
  protected readonly peerOf = peerOf;

  protected readonly invalidNumber = messagesTexts.invalidNumber;
  protected readonly choose = messagesTexts.choose.text;
  protected readonly byKey = splitAtPlaceholder(messagesTexts.choose.byKey);
  protected readonly newMessageKey = KEYS.newMessage[0].toUpperCase();

  /** "new", or the number in E.164, or the key of another sender that has written; undefined if the URL has anything else. */
  protected readonly conversationKey = computed(() => {
    const peer = this.peer() ?? NEW_MESSAGE;
    if (peer === NEW_MESSAGE) return peer;
    // National forms are not parsed here: a URL means the same in every country.
    const parsed = peer.includes('+') ? this.#parser.parse(peer)?.number : undefined;
    return (
      toE164(peer) ??
      parsed ??
      this.#conversations
        .peers()
        .map(toConversationKey)
        .find((key) => key === peer)
    );
  });
  /** Whose conversation is shown. */
  protected readonly current = computed(() => {
    const key = this.conversationKey();
    return key === NEW_MESSAGE ? undefined : key && peerOf(key);
  });
  protected readonly selected = computed(() => {
    const details = this.details();
    return details === CONTACT ? undefined : details;
  });
  /** Whose contact is shown. */
  protected readonly contactNumber = computed(() => {
    const current = this.current();
    return this.details() === CONTACT && current?.startsWith('+') ? current : undefined;
  });
  protected readonly messageDetails: LazyContent<MessageDetails> = {
    load: async () =>
      (await withStylesheet(import('./message-details/message-details'), 'details')).MessageDetails,
    listen: ({ closed, edit, remove }) => {
      closed.subscribe(() => {
        this.closeDetails();
      });
      edit.subscribe((message) => {
        this.editAndResend(message);
      });
      remove.subscribe((message) => {
        void this.askToDelete(message);
      });
    },
  };
  protected readonly contactCard: LazyContent<ContactCard> = {
    load: async () =>
      (await withStylesheet(import('./contact-card/contact-card'), 'contact')).ContactCard,
  };
  protected readonly pictureViewer: LazyContent<PictureViewer> = {
    load: async () => (await withStylesheet(import('./media/media-list'), 'media')).PictureViewer,
  };
  protected readonly welcome: LazyContent<Welcome> = {
    load: async () => (await import('./welcome/welcome')).Welcome,
    listen: ({ write }) => {
      write.subscribe((peer) => {
        void this.#router.navigate(['/messages', peer]);
      });
    },
  };
  protected readonly isFirst = computed(
    () =>
      this.#conversations.isLoaded() &&
      this.#conversations.peers().length + this.#outbox.outbox().length === 0,
  );
  /** In place of the form of a new message, unless something has been written in it already. */
  protected readonly showsWelcome = computed(
    () => this.peer() === undefined && this.isFirst() && untracked(() => this.#isNewEmpty()),
  );
  /** For somebody who has conversations: the list leads to what has been written. */
  protected readonly showsHint = computed(() => this.peer() === undefined && !this.isFirst());
  /** Before that, there may be none to choose. */
  protected readonly isListKnown = computed(
    () => this.#conversations.isLoaded() || this.#sync.problem() !== '',
  );
  readonly #isTouched = touchScreen();
  protected readonly hasShortcut = computed(
    () => this.#shortcuts.singleKeys() && !this.#isTouched(),
  );
  /** On a narrow screen, shows the pane instead of the list: if something is open, or the list is empty. */
  protected readonly showsPane = computed(
    () => this.peer() !== undefined || (this.isFirst() && this.#drafts().length === 0),
  );
  readonly #optOut = computed(() => this.#optOuts.of(this.current() ?? ''));
  /** Why nobody can write to this number, if so. */
  protected readonly optedOut = computed(() => {
    const optOut = this.#optOut();
    return optOut?.opted_out ? optOut : undefined;
  });
  readonly #isUnknown = computed(() => !!this.current()?.startsWith('+') && !this.#optOut());
  readonly #staysUnknown = hasLasted(this.#isUnknown);
  /**
   * Whether the composer is not shown yet, but there to write in: it may have to be closed, and what somebody writes at
   * once is not to be lost.
   */
  protected readonly isUnsure = computed(() => this.#isUnknown() && !this.#staysUnknown());
  /** What was written before the composer was closed. */
  protected readonly draft = computed(() => {
    this.optedOut();
    const { content, media } = this.form().getRawValue();
    return content || describePictures(media);
  });
  /** The number of the conversation whose composer was closed last. */
  protected readonly closedNumber = signal<string | undefined>(undefined);
  /** Whether it had the focus then. */
  protected readonly wasWriting = signal(false);
  /** The message of which the user has decided that it is no opt-out. */
  protected readonly keptFor = signal<string | undefined>(undefined);
  readonly #findRequestToStop = signal<typeof findRequestToStop | undefined>(undefined);
  /** What they have written last, if it seems to ask for no more messages and was not decided about. */
  protected readonly askedToStop = computed(() => {
    const optOut = this.#optOut();
    const loaded = this.#threads.thread(this.current() ?? '').loaded;
    if (!optOut || !loaded || loaded.hasNewer) return undefined;
    return this.#findRequestToStop()?.(loaded.messages, optOut, this.keptFor());
  });
  readonly #isNarrow = mediaMatches(NARROW);
  /** What a phone does not show, it need not make. */
  protected readonly hasPane = computed(() => !this.#isNarrow() || this.showsPane());
  /** A phone shows the open conversation alone; it has a way back. */
  protected readonly hidesTabBar = computed(
    () => this.peer() !== undefined && !(this.isFirst() && this.conversationKey() === NEW_MESSAGE),
  );
  protected readonly form = computed(() => this.#forms.get(this.conversationKey() ?? NEW_MESSAGE));
  protected readonly recipients = this.#conversations.peers;

  constructor() {
    afterNextRender(() => void loadPhoneNumberRules());
    // Each number has one URL.
    effect(() => {
      const [peer, key] = [this.peer(), this.conversationKey()];
      if (peer === undefined || key === undefined || peer === key) return;
      void this.#router.navigate(['/messages', key], {
        queryParamsHandling: 'preserve',
        replaceUrl: true,
      });
    });
    effect(() => {
      if (this.compose() === undefined || this.current() === undefined) return;
      untracked(() => {
        void this.thread()?.showNewest();
        this.#focusComposer();
        void this.#router.navigate([], {
          queryParams: { compose: null },
          queryParamsHandling: 'merge',
          replaceUrl: true,
        });
      });
    });
    effect((onCleanup) => {
      const peer = this.current();
      if (peer === undefined) return;
      onCleanup(untracked(() => this.#optOuts.follow(peer)));
      void this.#loadRequestToStop();
    });
    effect(() => {
      // This runs before one is replaced by the other.
      if (this.optedOut()) {
        this.closedNumber.set(this.current());
        this.wasWriting.set(untracked(this.composer)?.hasFocus() ?? false);
      } else if (untracked(this.#isTouched) && untracked(this.closed)?.hasFocus()) {
        // The composer would open the keyboard.
        afterNextRender(
          () => {
            focusMainIfLost(document);
          },
          { injector: this.#injector },
        );
      }
    });
    addMessengerShortcuts({
      search: () =>
        void this.#inList((list) => {
          list.focusSearch();
        }),
      newMessage: () =>
        void this.#router.navigate(['/messages', NEW_MESSAGE]).then(() => {
          this.focusNew();
        }),
      archive: () => {
        if (!this.list().archiveFocused()) this.thread()?.toggleArchived(true);
      },
      mute: () => {
        if (!this.list().muteFocused()) this.thread()?.toggleMuted();
      },
      conversations: () =>
        void this.#inList((list) => {
          list.focusRows();
        }),
      back: () => void this.#toList(),
    });
  }

  /** A form that is on the page already does not focus itself. */
  protected focusNew(): void {
    if (this.conversationKey() !== NEW_MESSAGE) return;
    afterNextRender(() => this.composer()?.focusRecipient(), { injector: this.#injector });
  }

  /** Shows the conversation that it belongs to, or the list if there are several. */
  protected async sendNew(messages: readonly WrittenMessage[]): Promise<void> {
    for (const message of messages) this.#outbox.send(message);
    this.#forms.get(NEW_MESSAGE).reset();
    const [first, ...others] = messages;
    const peer = others.length === 0 ? first?.recipient_number : undefined;
    await this.#router.navigate(peer === undefined ? ['/messages'] : ['/messages', peer]);
  }

  /** What a message asks for is no opt-out. */
  protected keep({ _id }: Message): void {
    this.keptFor.set(_id);
    this.composer()?.focus();
  }

  /** It is not needed before a conversation is open. Without it, nothing is suggested. */
  async #loadRequestToStop(): Promise<void> {
    const file = await import('../messages/opt-outs/request-to-stop').catch(() => undefined);
    if (file) this.#findRequestToStop.set(file.findRequestToStop);
  }

  protected reply(messages: readonly WrittenMessage[]): void {
    for (const message of messages) {
      this.#outbox.send(message);
      const { content, media } = this.#forms.get(message.recipient_number).controls;
      content.reset();
      media.reset();
    }
  }

  protected takeBack(pending: PendingMessage): void {
    if (!this.#outbox.discard(pending)) return;
    const { recipient, content, media, isRecipientError } = pending;
    void this.#edit({ recipient_number: recipient, content, media }, isRecipientError);
  }

  protected editAndResend(message: Message): void {
    const { recipient_number, content } = message;
    void this.#edit({ recipient_number, content }, isRecipientError(message), message);
  }

  /** To whom is asked in the form for a new recipient. */
  protected forward(message: Message): void {
    void this.#edit({ recipient_number: '', content: message.content }, true, message);
  }

  /** Leaves the conversation, if it is open, as it disappears from its list, and offers to undo it. */
  protected async setArchived(request: ArchiveRequest): Promise<void> {
    const { last, next } = request;
    const file = await this.#lazyParts.load(loadUndoNotice);
    if (!file) return;
    if (last.peer_number === this.current()) await this.#toList();
    if (next !== undefined) this.list().focusRow(next);
    file.archiveWithNotice(this.notices(), request, () => {
      this.list().focusRow(toConversationKey(last.peer_number));
    });
  }

  /** And offers to undo it. */
  protected async setMuted(request: MuteRequest): Promise<void> {
    const file = await this.#lazyParts.load(loadUndoNotice);
    file?.muteWithNotice(this.notices(), request);
  }

  protected async openMenu(request: ConversationMenuRequest): Promise<void> {
    const file = await this.#lazyParts.loadForFocus(loadConversationMenu);
    file?.openConversationMenu(this.notices(), request, this.current(), {
      archive: (archive) => {
        void this.setArchived(archive);
      },
      mute: (mute) => {
        void this.setMuted(mute);
      },
      jump: () => {
        void this.#askForDay();
      },
      remove: (last) => {
        void this.#askToDeleteConversation(last);
      },
    });
  }

  protected showPanel(details: string): void {
    // One step back closes it, whatever was shown in it.
    const replaceUrl = this.details() !== undefined;
    this.#openedDetails ||= !replaceUrl;
    void this.#router.navigate([], {
      queryParams: { details },
      queryParamsHandling: 'merge',
      replaceUrl,
    });
  }

  protected closeDetails(): void {
    if (this.details() === undefined) return;
    if (this.#openedDetails) {
      this.#openedDetails = false;
      this.#location.back();
      return;
    }
    void this.#hideDetails();
  }

  protected async askToDelete(message: Message): Promise<void> {
    const neighbour = this.thread()?.neighbourOf(message);
    const file = await this.#lazyParts.load(loadDeleteMessage);
    file?.askToDelete(this.notices(), message, () => {
      this.thread()?.showDeletion(neighbour);
    });
  }

  /** Leaves the conversation, if it is open: it disappears, or what is left of it waits in its list. */
  async #askToDeleteConversation(last: Message): Promise<void> {
    const file = await this.#lazyParts.load(loadDeleteConversation);
    file?.askToDeleteConversation(this.notices(), last, async () => {
      if (last.peer_number === this.current()) await this.#toList();
      this.list().focusBeside(toConversationKey(last.peer_number));
    });
  }

  async #askForDay(): Promise<void> {
    const file = await this.#lazyParts.load(loadJumpToDate);
    file?.askForDay(this.notices(), (day) => {
      const queryParams = { day, at: null, details: null };
      void this.#router.navigate([], { queryParams, queryParamsHandling: 'merge' });
    });
  }

  async #hideDetails(): Promise<void> {
    this.#openedDetails = false;
    await this.#router.navigate([], {
      queryParams: { details: null },
      queryParamsHandling: 'merge',
      replaceUrl: true,
    });
  }

  /** That from which the conversation was chosen; from the archive, that of all others. */
  #toList(): Promise<boolean> {
    const isInArchive = this.peer() !== undefined && this.archived() !== undefined;
    return this.#router.navigate(['/messages'], {
      queryParams: isInArchive ? { archived: true } : {},
    });
  }

  #isNewEmpty(): boolean {
    const { recipient_number, content, media } = this.#forms.get(NEW_MESSAGE).getRawValue();
    return recipient_number === '' && content === '' && media.length === 0;
  }

  /** In the form of its conversation, or in the form for a new recipient if the number is wrong. */
  async #edit(message: WrittenMessage, isRecipientError: boolean, source?: Message): Promise<void> {
    // On a phone, they take the place of the form.
    if (this.details() !== undefined) await this.#hideDetails();
    if (isRecipientError) this.#forms.putIntoNew(message);
    else this.#forms.putBack(message);
    const form = this.#forms.get(isRecipientError ? NEW_MESSAGE : message.recipient_number);
    const pictures = source?.media.map((media) => ({ messageId: source._id, media })) ?? [];
    const additions = pictures.length > 0 ? addPlaces(form, pictures) : [];
    if (isRecipientError) {
      await this.#router.navigate(['/messages', NEW_MESSAGE]);
      this.focusNew();
    } else {
      this.#focusComposer();
    }
    if (additions.length > 0)
      afterNextRender(() => this.composer()?.upload(form, additions), { injector: this.#injector });
  }

  #focusComposer(): void {
    afterNextRender(() => (this.composer() ?? this.closed())?.focus(), {
      injector: this.#injector,
    });
  }

  /** On a phone, the list may be hidden by an open conversation. */
  async #inList(act: (list: ConversationList) => void): Promise<void> {
    if (!this.list().isVisible()) await this.#toList();
    act(this.list());
  }
}
