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
import { archiveTexts } from '../../i18n/archive-texts';
import { setArchived } from '../../messages/archiving';
import { focusMainIfLost } from '../../ui/focus-main';
import { KEYS, Shortcuts } from '../../ui/shortcuts';
import { ArchiveRequest } from '../archive-request';

const SHOWN_FOR_MS = 10_000;

/** Says for a moment that a conversation was archived, or brought back, and can undo it. It stays while it is used. */
@Component({
  selector: 'app-archive-notice',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <p id="archive-notice" role="status">
      {{ isArchived() ? texts.archived : texts.unarchived }}
    </p>
    <button
      #button
      type="button"
      class="button button--small"
      aria-describedby="archive-notice"
      (click)="undo.emit()"
    >
      {{ texts.undo }}
    </button>
  `,
  host: {
    class: 'archive-notice',
    '(focusin)': 'wait()',
    '(focusout)': 'start()',
    '(pointerenter)': 'wait()',
    '(pointerleave)': 'start()',
  },
})
export class ArchiveNotice {
  readonly isArchived = input.required<boolean>();
  /** Who has pressed a key is led here, as what had the focus is gone. */
  readonly takesFocus = input.required<boolean>();
  readonly undo = output();
  readonly closed = output();

  protected readonly button = viewChild.required<ElementRef<HTMLElement>>('button');
  protected readonly texts = archiveTexts;
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

/** Archives a conversation, or brings it back, and shows the notice in place of the one before. */
export function archiveWithNotice(
  place: ViewContainerRef,
  { last, isArchived, byKey }: ArchiveRequest,
  undone: () => void,
): void {
  const { injector } = place;
  setArchived(injector, last, isArchived);
  place.clear();
  const notice = place.createComponent(ArchiveNotice);
  notice.setInput('isArchived', isArchived);
  notice.setInput('takesFocus', byKey);
  notice.instance.closed.subscribe(() => {
    notice.destroy();
  });
  notice.instance.undo.subscribe(() => {
    setArchived(injector, last, !isArchived);
    notice.destroy();
    undone();
  });
  if (byKey) return;
  afterNextRender(
    () => {
      focusMainIfLost(document);
    },
    { injector },
  );
}
