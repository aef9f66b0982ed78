import { Location } from '@angular/common';
import {
  ChangeDetectionStrategy,
  Component,
  Injector,
  afterNextRender,
  computed,
  effect,
  inject,
  input,
  viewChild,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { Message, NewMessage } from '../api/models';
import { messagingTexts } from '../i18n/messages-texts';
import { Icon } from '../ui/icon';
import { ComposeForms, NEW } from '../messages/drafts/compose-forms';
import { Composer } from './composer/composer';
import { ConversationList } from './conversation-list/conversation-list';
import { ConversationsStore } from '../messages/conversations-store';
import { MessageDetails } from './message-details/message-details';
import { addMessageShortcuts } from './messenger-shortcuts';
import { OutboxStore } from '../messages/outbox/outbox-store';
import { isNumberAtFault } from '../messages/recipient-errors';
import { Outgoing } from '../messages/outbox/pending-message';
import { NumberReader } from '../messages/recipient-parser';
import { loadNumberRules, readable, toE164 } from '../phone-numbers/format-phone-number';
import { SearchStore } from './search/search-store';
import { Thread } from './thread/thread';

@Component({
  selector: 'app-messages-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Composer, ConversationList, Icon, MessageDetails, RouterLink, Thread],
  providers: [SearchStore],
  template: `
    <app-conversation-list [current]="place()" (newMessage)="focusNew()" />
    <div class="pane">
      @for (place of [place()]; track place) {
        @if (place === undefined) {
          <div class="pane__head pane__head--phone">
            <a class="button button--quiet back" routerLink="/messages" [attr.aria-label]="back">
              <app-icon name="back" />
            </a>
          </div>
          <div class="new-message">
            <h1>{{ notANumber.title }}</h1>
            <p>{{ notANumber.explanation(peer() ?? '') }}</p>
          </div>
        } @else if (place === new) {
          @if (!isFirst()) {
            <div class="pane__head pane__head--phone">
              <a class="button button--quiet back" routerLink="/messages" [attr.aria-label]="back">
                <app-icon name="back" />
              </a>
            </div>
          }
          <div class="new-message scroller">
            <h1>{{ isFirst() ? texts.emptyTitle : texts.title }}</h1>
            <p>{{ texts.intro }}</p>
            <app-composer
              [asksForRecipient]="true"
              [recipients]="recipients()"
              [form]="form()"
              (send)="sendNew($event)"
            />
          </div>
        } @else {
          <app-thread
            [peer]="place"
            [at]="at()"
            (details)="showDetails($event)"
            (edit)="writeAnew($event)"
            (takeBack)="takeBack($event)"
          />
          <app-composer [form]="form()" (send)="reply($event)" />
        }
      }
    </div>
    <app-message-details [id]="details()" (closed)="closeDetails()" />
  `,
  host: { class: 'messenger', role: 'main', '[class.messenger--pane]': 'showsPane()' },
})
export class MessagesPage {
  readonly #router = inject(Router);
  readonly #location = inject(Location);
  readonly #injector = inject(Injector);
  readonly #conversations = inject(ConversationsStore);
  readonly #forms = inject(ComposeForms);
  readonly #reader = inject(NumberReader);
  readonly #outbox = inject(OutboxStore);

  /** From the address: a number, or "new". */
  readonly peer = input<string>();
  /** From the address: the message to show in its conversation. */
  readonly at = input<string>();
  /** From the address: the message whose details are open. */
  readonly details = input<string>();

  /** From here, and not from an address: then closing them is going back. */
  #openedDetails = false;

  protected readonly list = viewChild.required(ConversationList);
  protected readonly composer = viewChild(Composer);

  protected readonly texts = messagingTexts.compose;
  protected readonly back = messagingTexts.thread.back;
  protected readonly new = NEW;

  protected readonly notANumber = messagingTexts.notANumber;

  /** "new" or a number, in its one spelling; undefined where the address names something else. */
  protected readonly place = computed(() => {
    const peer = this.peer() ?? NEW;
    // What is dialled in one country is not read here: an address means the same everywhere.
    const read = peer.includes('+') ? this.#reader.read(peer)?.number : undefined;
    return peer === NEW ? NEW : (toE164(peer) ?? read);
  });
  protected readonly isFirst = computed(
    () =>
      this.#conversations.isLoaded() &&
      this.#conversations.rows().length + this.#outbox.outbox().length === 0,
  );
  /** Where there is room for one half only: the list, unless something is open or nothing to list. */
  protected readonly showsPane = computed(() => this.peer() !== undefined || this.isFirst());
  protected readonly form = computed(() => this.#forms.at(this.place() ?? NEW));
  protected readonly recipients = computed(() =>
    this.#conversations.rows().map(({ peer }) => readable(peer)),
  );

  constructor() {
    afterNextRender(() => void loadNumberRules());
    // One number has one address.
    effect(() => {
      const [peer, place] = [this.peer(), this.place()];
      if (peer === undefined || place === undefined || peer === place) return;
      void this.#router.navigate(['/messages', place], {
        queryParamsHandling: 'preserve',
        replaceUrl: true,
      });
    });
    addMessageShortcuts({
      search: () =>
        void this.#inList((list) => {
          list.focusSearch();
        }),
      newMessage: () =>
        void this.#router.navigate(['/messages', NEW]).then(() => {
          this.focusNew();
        }),
      conversations: () =>
        void this.#inList((list) => {
          list.focusRows();
        }),
      back: () => void this.#router.navigate(['/messages']),
    });
  }

  /** The form that is there already does not take the focus by itself. */
  protected focusNew(): void {
    if (this.place() !== NEW) return;
    afterNextRender(() => this.composer()?.focusRecipient(), { injector: this.#injector });
  }

  protected async sendNew(message: NewMessage): Promise<void> {
    this.#outbox.send(message);
    this.#forms.at(NEW).reset();
    await this.#router.navigate(['/messages', message.recipient_number]);
  }

  protected reply(message: NewMessage): void {
    this.#outbox.send(message);
    this.#forms.at(message.recipient_number).controls.content.reset();
  }

  protected takeBack(outgoing: Outgoing): void {
    if (!this.#outbox.discard(outgoing)) return;
    const { recipient, content, isNumberAtFault } = outgoing;
    void this.#write({ recipient_number: recipient, content }, isNumberAtFault);
  }

  protected writeAnew(message: Message): void {
    void this.#write(message, isNumberAtFault(message));
  }

  protected showDetails({ _id }: Message): void {
    this.#openedDetails = true;
    void this.#router.navigate([], {
      queryParams: { details: _id },
      queryParamsHandling: 'merge',
    });
  }

  protected closeDetails(): void {
    if (this.details() === undefined) return;
    if (this.#openedDetails) {
      this.#openedDetails = false;
      this.#location.back();
      return;
    }
    void this.#router.navigate([], {
      queryParams: { details: null },
      queryParamsHandling: 'merge',
      replaceUrl: true,
    });
  }

  /** Where it was written, or where the number can be changed too. */
  async #write(message: NewMessage, isNumberAtFault: boolean): Promise<void> {
    if (isNumberAtFault) {
      this.#forms.putInNew(message);
      await this.#router.navigate(['/messages', NEW]);
    } else {
      this.#forms.putBack(message);
    }
    const focus = (): void => {
      if (isNumberAtFault) this.composer()?.focusRecipient();
      else this.composer()?.focus();
    };
    afterNextRender(focus, { injector: this.#injector });
  }

  /** On a phone the list may be behind what is open. */
  async #inList(act: (list: ConversationList) => void): Promise<void> {
    if (!this.list().isVisible()) await this.#router.navigate(['/messages']);
    act(this.list());
  }
}
