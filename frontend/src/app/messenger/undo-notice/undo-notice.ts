import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  ElementRef,
  ViewContainerRef,
  afterNextRender,
  inject,
  input,
  output,
  viewChild,
} from '@angular/core';
import { conversationActionTexts as texts } from '../../i18n/conversation-action-texts';
import { setArchived, setMuted } from '../../messages/flagging';
import { focusMainIfLost } from '../../ui/focus-main';
import { KEYS, Shortcuts } from '../../ui/shortcuts';
import { ArchiveRequest, MuteRequest } from '../conversation-requests';
import { keepAboveComposer } from './keep-above-composer';

const SHOWN_FOR_MS = 10_000;

/** Says for a moment what was done with a conversation, and can undo it. It stays while it is used. */
@Component({
  selector: 'app-undo-notice',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <p id="undo-notice" role="status">{{ text() }}</p>
    <button
      #button
      type="button"
      class="button button--small"
      aria-describedby="undo-notice"
      (click)="undo.emit()"
    >
      {{ undoLabel }}
    </button>
  `,
  host: {
    class: 'undo-notice',
    '(focusin)': 'wait()',
    '(focusout)': 'start()',
    '(pointerenter)': 'wait()',
    '(pointerleave)': 'start()',
  },
})
export class UndoNotice {
  readonly text = input.required<string>();
  /** Who has pressed a key is led here, as what had the focus is gone. */
  readonly takesFocus = input.required<boolean>();
  readonly undo = output();
  readonly closed = output();

  protected readonly button = viewChild.required<ElementRef<HTMLElement>>('button');
  protected readonly undoLabel = texts.undo;
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    inject(Shortcuts).add({
      keys: KEYS.undo,
      run: () => {
        this.undo.emit();
      },
    });
    inject(DestroyRef).onDestroy(() => {
      this.wait();
    });
    keepAboveComposer();
    afterNextRender(() => {
      this.start();
      if (this.takesFocus()) this.button().nativeElement.focus();
    });
  }

  protected wait(): void {
    clearTimeout(this.#timer);
  }

  protected start(): void {
    this.wait();
    this.#timer = setTimeout(() => {
      if (!this.#host.matches(':focus-within, :hover')) this.closed.emit();
    }, SHOWN_FOR_MS);
  }
}

/** Shows it in place of the one before, with the focus if that had it. */
function showNotice(
  place: ViewContainerRef,
  text: string,
  takesFocus: boolean,
  undo: () => void,
): void {
  const hadFocus = !!document.activeElement?.closest('app-undo-notice');
  place.clear();
  const notice = place.createComponent(UndoNotice);
  notice.setInput('text', text);
  notice.setInput('takesFocus', takesFocus || hadFocus);
  notice.instance.closed.subscribe(() => {
    notice.destroy();
  });
  notice.instance.undo.subscribe(() => {
    notice.destroy();
    undo();
  });
}

function keepFocus({ injector }: ViewContainerRef): void {
  afterNextRender(
    () => {
      focusMainIfLost(document);
    },
    { injector },
  );
}

/** Archives a conversation, or brings it back, and shows the notice. */
export function archiveWithNotice(
  place: ViewContainerRef,
  { last, isArchived, byKey }: ArchiveRequest,
  undone: () => void,
): void {
  const { injector } = place;
  setArchived(injector, last, isArchived);
  showNotice(place, isArchived ? texts.archived : texts.unarchived, byKey, () => {
    setArchived(injector, last, !isArchived);
    undone();
  });
  if (!byKey) keepFocus(place);
}

/** Mutes a conversation, or unmutes it, and shows the notice. */
export function muteWithNotice(place: ViewContainerRef, { peer, isMuted }: MuteRequest): void {
  const { injector } = place;
  setMuted(injector, peer, isMuted);
  showNotice(place, isMuted ? texts.muted : texts.unmuted, false, () => {
    setMuted(injector, peer, !isMuted);
    keepFocus(place);
  });
}
