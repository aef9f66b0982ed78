import {
  ChangeDetectionStrategy,
  Component,
  ComponentRef,
  DestroyRef,
  ElementRef,
  ViewContainerRef,
  afterNextRender,
  computed,
  inject,
  input,
  output,
  viewChild,
  viewChildren,
} from '@angular/core';
import { Message } from '../../api/models';
import { conversationActionTexts } from '../../i18n/conversation-action-texts';
import { ArchivedConversations } from '../../messages/archived-conversations';
import { ConversationsStore } from '../../messages/conversations-store';
import { ThreadsStore } from '../../messages/threads-store';
import { UnreadStore } from '../../messages/unread-store';
import { Icon } from '../../ui/icon';
import { nextIndex } from '../../ui/list-navigation';
import { ArchiveRequest, ConversationMenuRequest, MuteRequest } from '../conversation-requests';
import { MessengerIcon } from '../messenger-icon';
import { placeBeside } from '../place-beside';

/** What the menu leads to. */
interface ConversationActions {
  readonly archive: (request: ArchiveRequest) => void;
  readonly mute: (request: MuteRequest) => void;
  /** Only for the conversation that is on the screen. */
  readonly jump: () => void;
  readonly remove: (last: Message) => void;
}

/** The actions on a conversation. A modal dialog, so that it takes the focus and gives it back. */
@Component({
  selector: 'app-conversation-menu',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, MessengerIcon],
  template: `
    <dialog #dialog class="message-menu" [attr.aria-label]="texts.menu" (close)="closed.emit()">
      <div role="menu" [attr.aria-label]="texts.menu">
        <button
          #item
          type="button"
          role="menuitem"
          class="message-menu__item"
          (click)="toggleArchived($event)"
        >
          <app-messenger-icon [name]="request().isArchived ? 'unarchive' : 'archive'" />
          {{ request().isArchived ? texts.unarchive : texts.archive }}
        </button>
        <button
          #item
          type="button"
          role="menuitem"
          class="message-menu__item"
          (click)="toggleMuted()"
        >
          @if (isMuted()) {
            <app-icon name="bell" />
            {{ texts.unmute }}
          } @else {
            <app-messenger-icon name="mute" />
            {{ texts.mute }}
          }
        </button>
        @if (isOpen()) {
          <button
            #item
            type="button"
            role="menuitem"
            class="message-menu__item"
            (click)="jumpToDate()"
          >
            <app-messenger-icon name="calendar" />
            {{ texts.jump }}
          </button>
        } @else {
          <button
            #item
            type="button"
            role="menuitem"
            class="message-menu__item"
            (click)="toggleUnread()"
          >
            @if (isUnread()) {
              <app-icon name="tick" />
              {{ texts.markRead }}
            } @else {
              <app-messenger-icon name="unread" />
              {{ texts.markUnread }}
            }
          </button>
        }
        @if (canDelete()) {
          <button
            #item
            type="button"
            role="menuitem"
            class="message-menu__item message-menu__item--danger"
            (click)="askToDelete()"
          >
            <app-icon name="delete" />
            {{ texts.delete }}
          </button>
        }
      </div>
    </dialog>
  `,
  host: { '(click)': 'closeFromOutside($event)', '(keydown)': 'move($event)' },
})
export class ConversationMenu {
  readonly #unread = inject(UnreadStore);
  readonly #conversations = inject(ConversationsStore);
  readonly #archive = inject(ArchivedConversations);
  readonly #threads = inject(ThreadsStore);

  readonly request = input.required<ConversationMenuRequest>();
  /** While it is on the screen, it is read. */
  readonly isOpen = input.required<boolean>();
  readonly archive = output<ArchiveRequest>();
  readonly jump = output();
  readonly mute = output<MuteRequest>();
  readonly remove = output<Message>();
  readonly closed = output();

  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');
  protected readonly items = viewChildren<ElementRef<HTMLElement>>('item');
  protected readonly texts = conversationActionTexts;
  /** What is from the cache may be old: what has come in since, nobody has seen. */
  protected readonly canDelete = computed(() => {
    const list = this.request().isArchived ? this.#archive : this.#conversations;
    return !list.isCached() && !(this.isOpen() && this.#threads.thread(this.#peer()).isCached);
  });
  readonly #peer = computed(() => this.request().last.peer_number);
  protected readonly isMuted = computed(() => this.#unread.muted().has(this.#peer()));
  protected readonly isUnread = computed(() => this.#unread.of(this.#peer()) > 0);

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      this.request().anchor.ariaExpanded = null;
    });
    afterNextRender(() => {
      const { anchor } = this.request();
      const dialog = this.dialog().nativeElement;
      // Not every browser focuses a button that is clicked; the focus comes back to where it is now.
      anchor.focus({ preventScroll: true });
      anchor.ariaExpanded = 'true';
      dialog.showModal();
      placeBeside(dialog, anchor);
      this.items()[0]?.nativeElement.focus();
    });
  }

  protected closeFromOutside({ target }: MouseEvent): void {
    if (target === this.dialog().nativeElement) this.#close();
  }

  protected toggleArchived({ detail }: MouseEvent): void {
    const { last, isArchived } = this.request();
    this.#close();
    this.archive.emit({ last, isArchived: !isArchived, byKey: detail === 0 });
  }

  protected toggleMuted(): void {
    const isMuted = !this.isMuted();
    this.#close();
    this.mute.emit({ peer: this.#peer(), isMuted });
  }

  protected toggleUnread(): void {
    this.#close();
    if (this.isUnread()) this.#unread.markRead(this.#peer());
    else this.#unread.markUnread(this.#peer());
  }

  protected jumpToDate(): void {
    this.#close();
    this.jump.emit();
  }

  protected askToDelete(): void {
    this.#close();
    this.remove.emit(this.request().last);
  }

  protected move(event: KeyboardEvent): void {
    const items = this.items().map(({ nativeElement }) => nativeElement);
    const index = nextIndex(event, items);
    if (index === undefined) return;
    event.preventDefault();
    items.at(index % items.length)?.focus();
  }

  #close(): void {
    this.dialog().nativeElement.close();
  }
}

let opened: ComponentRef<ConversationMenu> | undefined;

/** Opens the menu of a conversation, in place of the one before, while `current` is on the screen. */
export function openConversationMenu(
  place: ViewContainerRef,
  request: ConversationMenuRequest,
  current: string | undefined,
  actions: ConversationActions,
): void {
  opened?.destroy();
  const menu = place.createComponent(ConversationMenu);
  opened = menu;
  menu.setInput('request', request);
  menu.setInput('isOpen', request.last.peer_number === current);
  menu.instance.archive.subscribe(actions.archive);
  menu.instance.mute.subscribe(actions.mute);
  menu.instance.jump.subscribe(actions.jump);
  menu.instance.remove.subscribe(actions.remove);
  menu.instance.closed.subscribe(() => {
    menu.destroy();
  });
}
