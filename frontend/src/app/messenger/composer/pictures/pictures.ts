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
import { splitRecipients } from '../../../messages/drafts/recipients';
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
  readonly failure?: Failure;
}

/** Why a message cannot be sent with some of its pictures. */
interface Failure {
  readonly describe: (positions: readonly number[]) => string;
  readonly canTryAgain: boolean;
}

/** The countries whose mobile networks Twilio sends pictures to. */
const WITH_MMS = /^\+(1|61)/;

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
  /** Pictures that fail for the same reason, such as a server that is down, have one sentence. */
  protected readonly failures = computed(() => {
    const failed = this.pictures().flatMap(({ picture, position, failure }) =>
      failure ? [{ picture, position, failure, key: failure.describe([0]) }] : [],
    );
    return [...new Set(failed.map(({ key }) => key))].map((key) => {
      const group = failed.filter((each) => each.key === key);
      const positions = group.map(({ position }) => position);
      return {
        key,
        text: group.map(({ failure }) => failure.describe(positions))[0],
        pictures: group.map(({ picture }) => picture),
        index: Math.min(...positions) - 1,
        canTryAgain: group.some(({ failure }) => failure.canTryAgain),
      };
    });
  });
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

  protected readonly getsLink = computed(() => {
    this.#changes();
    const { chosen, typed } = splitRecipients(this.#form().getRawValue().recipient_number);
    return [...chosen, typed].some((number) => number.startsWith('+') && !WITH_MMS.test(number));
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

  protected tryAgain(pictures: readonly Picture[], index: number): void {
    for (const picture of pictures) this.#uploads.tryAgain(picture);
    this.#focusNear(index);
  }

  #present(picture: Picture, position: number): ShownPicture {
    const state = isUploaded(picture) ? undefined : this.#uploads.stateOf(picture);
    const shown = { picture, position, isUploading: state?.problem === '' };
    if (isUploaded(picture) || shown.isUploading) return shown;
    const { expired, notUploaded, problem } = pictureTexts;
    const describe = state
      ? (positions: readonly number[]) => problem(positions, state.problem)
      : isExpired(picture)
        ? expired
        : notUploaded;
    return { ...shown, failure: { describe, canTryAgain: state !== undefined } };
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
