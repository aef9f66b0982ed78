import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { NewMessage } from '../api/models';
import { Problem } from '../api/problem';
import { messagingTexts } from '../texts/messaging-texts';
import { Icon } from '../ui/icon';
import { setServerErrors } from '../ui/validators';
import { ComposeForm, newComposeForm } from './compose-form';
import { Composer } from './composer';
import { ConversationList } from './conversation-list';
import { MessagesClient } from './messages-client';
import { MessagesStore } from './messages-store';
import { Outgoing } from './outbox';
import { Thread } from './thread';

const NEW = 'new';

@Component({
  selector: 'app-messages-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Composer, ConversationList, Icon, RouterLink, Thread],
  providers: [MessagesClient, MessagesStore],
  template: `
    <app-conversation-list [current]="peer()" />
    <main class="pane">
      @for (place of [place()]; track place) {
        @if (place === new) {
          @if (!isFirst()) {
            <header class="pane__head pane__head--phone">
              <a class="button button--quiet back" routerLink="/messages" [attr.aria-label]="back">
                <app-icon name="back" />
              </a>
            </header>
          }
          <div class="new-message">
            <h1>{{ isFirst() ? texts.emptyTitle : texts.title }}</h1>
            <p>{{ texts.intro }}</p>
            <app-composer [asksForRecipient]="true" [form]="form()" (send)="sendNew($event)" />
          </div>
        } @else {
          <app-thread
            [conversation]="conversation()"
            (sendAgain)="sendAgain($event)"
            (edit)="edit($event)"
          />
          <app-composer [form]="form()" (send)="reply($event)" />
        }
      }
    </main>
  `,
  host: { class: 'messenger', '[class.messenger--pane]': 'showsPane()' },
})
export class MessagesPage {
  readonly #router = inject(Router);
  protected readonly store = inject(MessagesStore);

  /** From the address: a number, or "new". */
  readonly peer = input<string>();

  protected readonly texts = messagingTexts.compose;
  protected readonly back = messagingTexts.thread.back;
  protected readonly new = NEW;

  protected readonly place = computed(() => this.peer() ?? NEW);
  protected readonly isFirst = computed(
    () => this.store.isLoaded() && this.store.conversations().length === 0,
  );
  /** Where there is room for one half only: the list, unless something is open or nothing to list. */
  protected readonly showsPane = computed(() => this.peer() !== undefined || this.isFirst());
  protected readonly conversation = computed(() => {
    const peer = this.place();
    return (
      this.store.conversations().find((conversation) => conversation.peer === peer) ?? {
        peer,
        messages: [],
        outgoing: [],
      }
    );
  });

  /** What is written but not sent stays where it was written, whoever one looks at meanwhile. */
  readonly #forms = new Map<string, ComposeForm>();
  protected readonly form = computed(() => this.#formOf(this.place()));

  protected async sendNew(message: NewMessage): Promise<void> {
    const form = this.#formOf(NEW);
    const sending = this.store.send(message);
    form.reset();
    await this.#router.navigate(['/messages', message.recipient_number]);
    const errors = await sending;
    if (this.#restore(form, message, errors)) await this.#router.navigate(['/messages', NEW]);
  }

  protected async reply(message: NewMessage): Promise<void> {
    const form = this.#formOf(message.recipient_number);
    const sending = this.store.send(message);
    form.controls.content.reset();
    this.#restore(form, message, await sending);
  }

  protected async sendAgain(outgoing: Outgoing): Promise<void> {
    const form = this.#formOf(outgoing.recipient);
    this.#restore(form, toMessage(outgoing), await this.store.sendAgain(outgoing));
  }

  protected edit(outgoing: Outgoing): void {
    this.store.discard(outgoing);
    putBack(this.#formOf(outgoing.recipient), toMessage(outgoing));
  }

  #formOf(place: string): ComposeForm {
    const form = this.#forms.get(place) ?? newComposeForm(place === NEW ? '' : place);
    this.#forms.set(place, form);
    return form;
  }

  /** Returns a message that the API did not take to where it was written, with what is wrong. */
  #restore(form: ComposeForm, message: NewMessage, errors: Problem['errors']): boolean {
    if (Object.keys(errors).length === 0) return false;
    putBack(form, message);
    setServerErrors(form.controls, errors);
    return true;
  }
}

function toMessage({ recipient, content }: Outgoing): NewMessage {
  return { recipient_number: recipient, content };
}

/** Before what has been written since. */
function putBack(form: ComposeForm, { recipient_number, content }: NewMessage): void {
  const since = form.getRawValue().content;
  form.setValue({ recipient_number, content: since ? `${content}\n${since}` : content });
}
