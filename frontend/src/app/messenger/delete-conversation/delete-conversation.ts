import {
  ChangeDetectionStrategy,
  Component,
  ComponentRef,
  Signal,
  ViewContainerRef,
  computed,
  effect,
  inject,
  input,
  output,
  signal,
} from '@angular/core';
import { Message } from '../../api/models';
import { conversationDeletionTexts } from '../../i18n/conversation-deletion-texts';
import { ConversationDeletion, DeletionState, Shown } from '../../messages/conversation-deletion';
import { ContactNames } from '../../phone-numbers/contact-names';
import { UserScope } from '../../session/user-scope';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { keepAboveComposer } from '../undo-notice/keep-above-composer';

const SHOWN_FOR_MS = 10_000;

/** Asks whether to delete a conversation. */
@Component({
  selector: 'app-delete-conversation',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ConfirmDialog],
  template: `
    <app-confirm-dialog
      [title]="texts.title(names.unambiguous(last().peer_number))"
      [text]="texts.text(count())"
      [confirmLabel]="texts.confirm"
      [cancelLabel]="texts.keep"
      (answered)="answered.emit($event)"
    />
  `,
})
export class DeleteConversation {
  protected readonly names = inject(ContactNames);
  readonly last = input.required<Message>();
  readonly count = input<number>();
  readonly answered = output<boolean>();

  protected readonly texts = conversationDeletionTexts;
}

/** Shows how far the deletion of a conversation is, and what was kept. The deletion goes on without it. */
@Component({
  selector: 'app-deletion-notice',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <p role="status">{{ sentence() }}</p>
    @let now = state();
    @if (now.step === 'deleting') {
      <progress
        [attr.aria-label]="texts.progress"
        [attr.max]="count() || null"
        [attr.value]="count() ? now.deleted : null"
      ></progress>
    } @else {
      @if (now.step === 'failed') {
        <button type="button" class="button button--small" (click)="again.emit()">
          {{ texts.tryAgain }}
        </button>
      }
      <button type="button" class="button button--small" (click)="closed.emit()">
        {{ texts.close }}
      </button>
    }
  `,
  host: { class: 'undo-notice' },
})
export class DeletionNotice {
  readonly state = input.required<DeletionState>();
  readonly count = input<number>();
  readonly again = output();
  readonly closed = output();

  protected readonly texts = conversationDeletionTexts;
  protected readonly sentence = computed(() => {
    const { step, kept, problem } = this.state();
    if (step === 'failed') return this.texts.failed(problem);
    if (step === 'deleting') return problem ? this.texts.delayed(problem) : this.texts.deleting;
    return kept > 0 ? this.texts.kept(kept) : this.texts.done;
  });

  constructor() {
    keepAboveComposer();
    effect((onCleanup) => {
      const { step, kept } = this.state();
      // What somebody may have to act on stays until it is closed.
      if (step !== 'done' || kept > 0) return;
      const timer = setTimeout(() => {
        this.closed.emit();
      }, SHOWN_FOR_MS);
      onCleanup(() => {
        clearTimeout(timer);
      });
    });
  }
}

let asked: ComponentRef<DeleteConversation> | undefined;

/** Asks, in place of the question before; if the answer is yes, calls back and deletes the conversation. */
export function askToDeleteConversation(
  place: ViewContainerRef,
  last: Message,
  begun: () => Promise<void>,
): void {
  asked?.destroy();
  const deletion = place.injector.get(UserScope).get(ConversationDeletion);
  const shown = deletion.shownOf(last.peer_number);
  const count = signal<number | undefined>(undefined);
  const dialog = place.createComponent(DeleteConversation);
  asked = dialog;
  dialog.setInput('last', last);
  deletion.count(last.peer_number).then(
    (known) => {
      count.set(known);
      if (asked === dialog) dialog.setInput('count', known);
    },
    // It is asked without the number.
    () => undefined,
  );
  dialog.instance.answered.subscribe((isConfirmed) => {
    asked = undefined;
    dialog.destroy();
    if (!isConfirmed) return;
    void begun().then(() => {
      showDeletion(place, deletion, last, shown, count());
    });
  });
}

function showDeletion(
  place: ViewContainerRef,
  deletion: ConversationDeletion,
  last: Message,
  shown: Shown,
  count: number | undefined,
): void {
  place.clear();
  const state: Signal<DeletionState> = deletion.start(last.peer_number, shown);
  const notice = place.createComponent(DeletionNotice);
  notice.setInput('count', count);
  notice.setInput('state', state());
  const following = effect(
    () => {
      notice.setInput('state', state());
    },
    { injector: notice.injector },
  );
  notice.instance.closed.subscribe(() => {
    following.destroy();
    notice.destroy();
  });
  notice.instance.again.subscribe(() => {
    showDeletion(place, deletion, last, shown, undefined);
  });
}
