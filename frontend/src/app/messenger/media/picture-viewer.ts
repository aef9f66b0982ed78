import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  ElementRef,
  afterRenderEffect,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  viewChild,
} from '@angular/core';
import { Location } from '@angular/common';
import { Router } from '@angular/router';
import { fullTime } from '../../i18n/formats';
import { mediaTexts } from '../../i18n/media-texts';
import { messagesTexts } from '../../i18n/messages-texts';
import { kindOf } from '../../messages/media';
import { ThreadsStore } from '../../messages/threads-store';
import { ContactNames } from '../../phone-numbers/contact-names';
import { Icon } from '../../ui/icon';
import { onSwipe } from '../thread/swipe';
import { fileNameOf } from './file-name';
import { MediumContent, Place } from './medium-content';

/**
 * Shows a picture as large as the screen allows, and by the arrows and by swipes the others that the conversation has on the
 * page. It is shown while the address names a picture.
 */
@Component({
  selector: 'app-picture-viewer',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  templateUrl: './picture-viewer.html',
  providers: [MediumContent],
  host: { '(keydown)': 'move($event)' },
})
export class PictureViewer {
  protected readonly content = inject(MediumContent);
  readonly #names = inject(ContactNames);
  readonly #threads = inject(ThreadsStore);

  readonly #router = inject(Router);
  readonly #location = inject(Location);
  readonly #destroyRef = inject(DestroyRef);

  readonly peer = input.required<string>();
  /** The id of its message, and its index there. */
  readonly picture = input.required<string>();

  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');
  protected readonly texts = mediaTexts;
  protected readonly tryAgain = messagesTexts.thread.tryAgain;
  readonly #place = linkedSignal<Place>(() => {
    const [messageId = '', index] = this.picture().split('-');
    return { messageId, index: Number(index) };
  });
  readonly #thread = computed(() => this.#threads.thread(this.peer()));
  /** Oldest first. */
  readonly #pictures = computed(() =>
    [...(this.#thread().loaded?.messages ?? [])]
      .reverse()
      .flatMap((message) =>
        message.media
          .filter((media) => kindOf(media) === 'picture')
          .map((media) => ({ message, media })),
      ),
  );
  protected readonly position = computed(() =>
    this.#pictures().findIndex(
      ({ message, media }) =>
        message._id === this.#place().messageId && media.index === this.#place().index,
    ),
  );
  protected readonly total = computed(() => this.#pictures().length);
  protected readonly shown = computed(() => {
    const picture = this.#pictures()[this.position()];
    if (!picture) return undefined;
    const { message, media } = picture;
    return {
      place: { messageId: message._id, index: media.index },
      fileName: fileNameOf(message._id, media),
      name: this.texts.name(
        this.texts.kinds.picture,
        message.direction === 'inbound',
        this.#names.of(message.peer_number),
      ),
      time: fullTime(new Date(message.created_at)),
    };
  });

  #isLeft = false;

  constructor() {
    effect(() => {
      const shown = this.shown();
      if (shown) this.content.show(shown.place);
      // It was deleted meanwhile, or the address names one that is not loaded.
      else if (this.#thread().loaded && !this.#thread().isCached) this.leave();
    });
    afterRenderEffect(() => {
      // Until then the page stays as it is: the address may name a picture that cannot be loaded.
      if (this.shown() && !this.#isLeft && !this.dialog().nativeElement.open) this.#open();
    });
  }

  #open(): void {
    const opener = document.activeElement;
    const dialog = this.dialog().nativeElement;
    dialog.showModal();
    const end = onSwipe(
      dialog,
      '.picture-viewer__stage',
      (_, side) => {
        this.go(side);
      },
      'both',
    );
    this.#destroyRef.onDestroy(() => {
      end();
      // A step back removes the dialog, which gives the focus back only if it is closed.
      if (document.activeElement === document.body && opener instanceof HTMLElement)
        opener.focus({ preventScroll: true });
    });
  }

  /** Back to the address without it, if it was opened there. */
  protected leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    const state = this.#location.getState() as { isPictureOpened?: boolean } | null;
    if (state?.isPictureOpened) {
      this.#location.back();
      return;
    }
    void this.#router.navigate([], {
      queryParams: { picture: null },
      queryParamsHandling: 'merge',
      replaceUrl: true,
    });
  }

  protected move(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };
    const step = steps[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.go(step);
  }

  protected go(step: number): void {
    const picture = this.#pictures()[this.position() + step];
    if (picture) this.#place.set({ messageId: picture.message._id, index: picture.media.index });
  }
}
