import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  afterNextRender,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  output,
  viewChild,
} from '@angular/core';
import { fullTime } from '../../i18n/formats';
import { mediaTexts } from '../../i18n/media-texts';
import { messagesTexts } from '../../i18n/messages-texts';
import { kindOf } from '../../messages/media';
import { ThreadsStore } from '../../messages/threads-store';
import { ContactNames } from '../../phone-numbers/contact-names';
import { Icon } from '../../ui/icon';
import { fileNameOf } from './file-name';
import { MediumContent, Place } from './medium-content';

/** Shows a picture as large as the screen allows, and by the arrows the others that the conversation has on the page. */
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

  readonly peer = input.required<string>();
  readonly first = input.required<Place>();
  readonly closed = output();

  protected readonly dialog = viewChild<ElementRef<HTMLDialogElement>>('dialog');
  protected readonly texts = mediaTexts;
  protected readonly tryAgain = messagesTexts.thread.tryAgain;
  readonly #place = linkedSignal(() => this.first());
  /** Oldest first. */
  readonly #pictures = computed(() =>
    [...(this.#threads.thread(this.peer()).loaded?.messages ?? [])]
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

  constructor() {
    effect(() => {
      const shown = this.shown();
      if (shown) this.content.show(shown.place);
      // It was deleted meanwhile.
      else this.dialog()?.nativeElement.close();
    });
    afterNextRender(() => {
      this.dialog()?.nativeElement.showModal();
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
