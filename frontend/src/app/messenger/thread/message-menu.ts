import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  OutputEmitterRef,
  afterNextRender,
  computed,
  inject,
  output,
  signal,
  viewChild,
  viewChildren,
} from '@angular/core';
import { Message } from '../../api/models';
import { copyTexts } from '../../i18n/copy-texts';
import { fullTime } from '../../i18n/formats';
import { messageMenuTexts } from '../../i18n/message-menu-texts';
import { messagesTexts } from '../../i18n/messages-texts';
import { hasPicture } from '../../messages/media';
import { MessageActions } from '../../messages/message-actions';
import {
  hasContent,
  hasFailed,
  hasText,
  isInFlight,
  isRetryable,
  presentStatus,
} from '../../messages/message-status';
import { ThreadsStore } from '../../messages/threads-store';
import { Icon } from '../../ui/icon';
import { nextIndex } from '../../ui/list-navigation';
import { MessengerIcon } from '../messenger-icon';
import { placeBeside } from '../place-beside';
import type { MenuRequest } from './message-bubble';

const ANNOUNCED_FOR_MS = 3_000;

/** The actions on a message, one menu for all of them. A modal dialog, so that it takes the focus and gives it back. */
@Component({
  selector: 'app-message-menu',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, MessengerIcon],
  templateUrl: './message-menu.html',
  host: { '(click)': 'closeFromOutside($event)', '(keydown)': 'move($event)' },
})
export class MessageMenu {
  readonly #injector = inject(Injector);
  readonly #threads = inject(ThreadsStore);
  protected readonly actions = inject(MessageActions);

  readonly details = output<Message>();
  readonly edit = output<Message>();
  readonly forward = output<Message>();
  readonly markUnread = output<Message>();
  readonly remove = output<Message>();

  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');
  protected readonly items = viewChildren<ElementRef<HTMLElement>>('item');

  protected readonly texts = messageMenuTexts;
  protected readonly actionTexts = messagesTexts.actions;
  protected readonly hasPicture = hasPicture;
  protected readonly hasText = hasText;
  readonly #opened = signal<Message | undefined>(undefined);
  /** As it is by now: it may change while the menu is open. */
  protected readonly message = computed(() => {
    const opened = this.#opened();
    return opened && (this.#threads.find(opened) ?? opened);
  });
  /** As its notice offers. */
  readonly #canRepeat = computed(() => {
    const message = this.message();
    if (!message || !hasFailed(message) || !hasContent(message)) return false;
    return !this.#threads.isRetried(message);
  });
  protected readonly canRetry = computed(() => {
    const message = this.message();
    const canResend = message && isRetryable(message) && this.actions.canResend(message);
    return this.#canRepeat() && !!canResend;
  });
  protected readonly canEdit = computed(() => {
    const message = this.message();
    return this.#canRepeat() && !!message && this.actions.canEdit(message);
  });
  protected readonly isDeletionLater = computed(() => {
    const message = this.message();
    return !!message && isInFlight(message);
  });
  /** From when it was opened: no item may move to where another one is about to be pressed. */
  protected readonly offered = signal({ retry: false, edit: false, why: false });
  protected readonly announcement = signal('');
  protected readonly timestamp = computed(() => {
    const message = this.message();
    return message ? fullTime(new Date(message.created_at)) : '';
  });
  protected readonly status = computed(() => presentStatus(this.message()?.status ?? '').text);

  open({ message, anchor }: MenuRequest): void {
    this.#opened.set(message);
    this.offered.set({ retry: this.canRetry(), edit: this.canEdit(), why: this.isDeletionLater() });
    this.announcement.set('');
    // Not every browser focuses a button that is clicked; the focus comes back to where it is now.
    anchor.focus({ preventScroll: true });
    afterNextRender(
      () => {
        const dialog = this.dialog().nativeElement;
        if (!dialog.open) dialog.showModal();
        placeBeside(dialog, anchor);
        this.items()[0]?.nativeElement.focus();
      },
      { injector: this.#injector },
    );
  }

  protected closeFromOutside({ target }: MouseEvent): void {
    const dialog = this.dialog().nativeElement;
    if (target === dialog) dialog.close();
  }

  protected choose(output: OutputEmitterRef<Message>): void {
    const message = this.message();
    this.dialog().nativeElement.close();
    if (message) output.emit(message);
  }

  protected retry(): void {
    const message = this.message();
    this.dialog().nativeElement.close();
    if (message) void this.actions.retry(message);
  }

  protected async copy(): Promise<void> {
    const message = this.message();
    this.dialog().nativeElement.close();
    if (!message) return;
    try {
      // Not available over plain http on a LAN address.
      await navigator.clipboard.writeText(message.content);
      this.#announce(copyTexts.copied);
    } catch {
      const text = document.querySelector(`#message-${message._id} .message-text`);
      if (text) getSelection()?.selectAllChildren(text);
      this.#announce(copyTexts.selected);
    }
  }

  announceDeletion(): void {
    this.#announce(this.texts.deleted);
  }

  /** Says for a moment that something is done. */
  #announce(text: string): void {
    this.announcement.set(text);
    setTimeout(() => {
      this.announcement.set('');
    }, ANNOUNCED_FOR_MS);
  }

  protected move(event: KeyboardEvent): void {
    const items = this.items().map(({ nativeElement }) => nativeElement);
    const index = nextIndex(event, items);
    if (index === undefined) return;
    event.preventDefault();
    items.at(index % items.length)?.focus();
  }
}
