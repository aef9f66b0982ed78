import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  WritableSignal,
  afterNextRender,
  computed,
  effect,
  inject,
  input,
  Signal,
  untracked,
} from '@angular/core';
import { pictureTexts } from '../../../i18n/picture-texts';
import { ComposeForm } from '../../../messages/drafts/compose-form';
import { Picture, isExpired, isUploaded } from '../../../messages/pictures';
import { SendingSettings } from '../../../messages/sending-settings';
import { Addition, PictureUploads } from '../../../messages/uploads/picture-uploads';
import { UserScope } from '../../../session/user-scope';
import { controlEvents } from '../../../ui/control-events';
import { Icon } from '../../../ui/icon';
import { MessengerIcon } from '../../messenger-icon';

/** What it is a part of. */
interface Composer {
  readonly form: Signal<ComposeForm>;
  /** Read out. */
  readonly announcement: WritableSignal<string>;
  focus(): void;
}

interface ShownPicture {
  readonly picture: Picture;
  readonly position: number;
  readonly isUploading: boolean;
  /** Why the message cannot be sent with it; empty if it can, or will be. */
  readonly problem: string;
  readonly canTryAgain: boolean;
}

/** Uploads pictures of a form, wherever the user is by now. */
export function upload(
  scope: UserScope,
  settings: SendingSettings,
  form: ComposeForm,
  additions: readonly Addition[],
): void {
  void scope.get(PictureUploads).add(form, settings, additions);
}

/** The pictures of the message that is being written, above its text. */
@Component({
  selector: 'app-pictures',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon, MessengerIcon],
  templateUrl: './pictures.html',
  host: { class: 'pictures' },
})
export class Pictures {
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);
  readonly #uploads = inject(UserScope).get(PictureUploads);

  readonly composer = input.required<Composer>();

  protected readonly texts = pictureTexts;
  readonly #form = computed(() => this.composer().form());
  readonly #changes = controlEvents(this.#form);
  protected readonly pictures = computed(() => {
    this.#changes();
    return this.#form()
      .getRawValue()
      .media.map((picture, index) => this.#present(picture, index + 1));
  });
  protected readonly failed = computed(() => this.pictures().filter(({ problem }) => problem));
  protected readonly uploading = computed(
    () => this.pictures().filter(({ isUploading }) => isUploading).length,
  );
  readonly #news = computed(() => {
    const news = this.#uploads.news();
    return news?.form === this.#form() ? news : undefined;
  });
  protected readonly problem = computed(() => {
    const news = this.#news();
    return news?.isProblem ? news.text : '';
  });

  constructor() {
    effect(() => {
      const news = this.#news();
      if (news) this.composer().announcement.set(news.text);
    });
    effect(() => {
      this.#changes();
      const form = this.#form();
      untracked(() => {
        this.#uploads.update(form);
      });
    });
  }

  forget(): void {
    this.#uploads.forget(this.#form());
  }

  protected remove(picture: Picture, index: number): void {
    this.#uploads.remove(this.#form(), picture);
    this.#focusNear(index);
  }

  protected tryAgain(picture: Picture, index: number): void {
    this.#uploads.tryAgain(picture);
    this.#focusNear(index);
  }

  #present(picture: Picture, position: number): ShownPicture {
    const state = isUploaded(picture) ? undefined : this.#uploads.stateOf(picture);
    const shown = { picture, position, isUploading: state?.problem === '', problem: '' };
    if (isUploaded(picture) || shown.isUploading) return { ...shown, canTryAgain: false };
    const { expired, notUploaded, problem } = pictureTexts;
    if (state) return { ...shown, problem: problem(position, state.problem), canTryAgain: true };
    const describe = isExpired(picture) ? expired : notUploaded;
    return { ...shown, problem: describe(position), canTryAgain: false };
  }

  /** The button of this picture; of the last one, if there are fewer; or that to add pictures. */
  #focusNear(index: number): void {
    afterNextRender(
      () => {
        const { parentElement } = this.#host.nativeElement;
        const all = (selector: string): HTMLElement[] =>
          Array.from(parentElement?.querySelectorAll<HTMLElement>(selector) ?? []);
        const buttons = all('.pictures__remove');
        const button = buttons[index] ?? buttons.at(-1) ?? all('.composer__add')[0];
        if (button) button.focus();
        else this.composer().focus();
      },
      { injector: this.#injector },
    );
  }
}
