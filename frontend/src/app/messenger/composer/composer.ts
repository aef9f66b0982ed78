import {
  ChangeDetectionStrategy,
  Component,
  ComponentRef,
  DestroyRef,
  ElementRef,
  Injector,
  ViewContainerRef,
  afterNextRender,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { AbstractControl, ReactiveFormsModule } from '@angular/forms';
import { messagesTexts } from '../../i18n/messages-texts';
import { isBlank } from '../../phone-numbers/blank';
import { RULES_UNAVAILABLE } from '../../phone-numbers/parse-phone-number';
import { formTexts } from '../../i18n/form-texts';
import { Autofocus } from '../../ui/autofocus';
import { controlEvents } from '../../ui/control-events';
import { focusFirstInvalid } from '../../ui/focus-first-invalid';
import { Icon } from '../../ui/icon';
import { insertText } from '../../ui/insert-text';
import { isComposing } from '../../ui/is-composing';
import { KeepFocusOnPress } from '../../ui/keep-focus-on-press';
import { LazyParts } from '../../ui/lazy-parts';
import { withStylesheet } from '../../ui/stylesheet';
import { syncAutofill } from '../../ui/sync-autofill';
import { touchScreen } from '../../ui/touch-screen';
import { errorMessages } from '../../ui/validators';
import { ComposeForm, addPlaces, canUndo, replace, undo } from '../../messages/drafts/compose-form';
import { eachOnce, splitRecipients } from '../../messages/drafts/recipients';
import { WrittenMessage, isUploaded } from '../../messages/pictures';
import { toPlainCharacters } from '../../messages/plain-characters';
import { RecipientParser } from '../../messages/recipient-parser';
import { SendingSettings } from '../../messages/sending-settings';
import type { Addition } from '../../messages/uploads/picture-uploads';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import { UserScope } from '../../session/user-scope';
import { MessengerIcon } from '../messenger-icon';
import { counterOf } from './counter';
import type { Pictures } from './pictures/pictures';
import { RecipientField } from './recipient-field';

/** The storage of a browser has no room for the thumbnails of more messages at once. */
const MOST_WITH_THUMBNAILS = 5;

const loadEmojiPicker = () => withStylesheet(import('./emoji-picker/emoji-picker'), 'emoji');
const loadPictures = () => withStylesheet(import('./pictures/pictures'), 'pictures');
type PicturesPart = Awaited<ReturnType<typeof loadPictures>>;

@Component({
  selector: 'app-composer',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Autofocus, Icon, KeepFocusOnPress, MessengerIcon, ReactiveFormsModule, RecipientField],
  templateUrl: './composer.html',
})
export class Composer {
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);
  readonly #lazyParts = inject(LazyParts);
  readonly #settings = inject(SendingSettings);

  readonly form = input.required<ComposeForm>();
  readonly asksForRecipient = input(false);
  /** Not because of what the user does: then it takes the focus from nothing. */
  readonly appearsByItself = input(false);
  /** Suggested to a new message: numbers in E.164, the most recent first. */
  readonly recipients = input<readonly string[]>([]);
  /** One message to each recipient. */
  readonly send = output<readonly WrittenMessage[]>();

  protected readonly recipientField = viewChild(RecipientField);
  readonly #parser = inject(RecipientParser);
  protected readonly isTouched = touchScreen();
  readonly #changes = controlEvents(this.form);
  protected readonly picker = viewChild.required('picker', { read: ViewContainerRef });
  protected readonly strip = viewChild.required('strip', { read: ViewContainerRef });
  protected readonly textarea = viewChild.required<ElementRef<HTMLTextAreaElement>>('content');
  #hasSent = false;
  #isParsing = false;
  #isDestroyed = false;
  #picturesPart: PicturesPart | undefined;
  /** Uploads that wait for this part, which may have to be loaded again. */
  readonly #waiting: ((part: PicturesPart) => void)[] = [];
  readonly #pictures = signal<ComponentRef<Pictures> | undefined>(undefined);

  protected readonly texts = messagesTexts.compose;
  readonly announcement = signal('');
  protected readonly canUndo = computed(() => {
    this.#changes();
    return canUndo(this.form());
  });
  protected readonly media = computed(() => {
    this.#changes();
    return this.form().getRawValue().media;
  });
  protected readonly isWaiting = computed(() => !this.media().every(isUploaded));
  /** The last submission was invalid, and nothing that was missing has come since. An empty field shows no error before. */
  protected readonly isRejected = linkedSignal({
    source: () => [this.form(), this.isWaiting()],
    computation: () => false,
  });
  protected readonly isEmpty = computed(() => {
    this.#changes();
    return isBlank(this.form().getRawValue().content) && this.media().length === 0;
  });
  protected readonly counter = computed(() => {
    this.#changes();
    return counterOf(this.form().getRawValue().content, this.media().length > 0);
  });
  /** Whether messages can have pictures. */
  protected readonly canAdd = computed(() => !!this.#settings.value()?.pictures);
  /** Files are held over the conversation. */
  protected readonly isDropTarget = signal(false);
  /** The number that the message goes out from; empty until it is known. */
  protected readonly from = computed(() => {
    const sender = this.#settings.value()?.sender;
    return sender === undefined ? '' : this.texts.from(formatPhoneNumber(sender));
  });
  protected readonly errors = computed(() => {
    this.#changes();
    const { recipient_number, content, media } = this.form().controls;
    const shown = content.hasError('required')
      ? this.isRejected()
      : content.dirty && (content.touched || content.hasError('maxLength'));
    return [
      ...(this.asksForRecipient() ? [] : this.#describe(recipient_number, this.texts.phoneNumber)),
      ...(shown ? this.#describe(content, this.texts.message) : []),
      ...(this.isRejected() ? errorMessages(media) : []),
    ];
  });

  protected readonly descriptionIds = computed(() => {
    if (this.errors().length > 0) return 'content-error';
    const ids = [this.counter() && 'content-count', this.media().length > 0 && 'pictures-about'];
    return ids.filter(Boolean).join(' ') || null;
  });

  constructor() {
    afterNextRender(() => {
      this.#parser.prefetch();
    });
    effect(() => {
      if (this.media().length > 0) void untracked(() => this.#showPictures());
    });
    inject(DestroyRef).onDestroy(() => {
      this.#isDestroyed = true;
    });
  }

  hasFocus(): boolean {
    return this.#host.nativeElement.contains(document.activeElement);
  }

  focus(): void {
    this.textarea().nativeElement.focus();
  }

  focusRecipient(): void {
    this.recipientField()?.focus();
  }

  protected submit(): void {
    const form = this.form();
    syncAutofill(this.#host, (field) => {
      const value = form.getRawValue();
      return field instanceof HTMLTextAreaElement
        ? value.content
        : splitRecipients(value.recipient_number).typed;
    });
    const { content, media } = form.getRawValue();
    const isUntouched = content === '' && media.length === 0 && form.controls.content.pristine;
    if (isUntouched && (!this.asksForRecipient() || (this.#hasSent && form.pristine))) {
      // Submitted again right after sending, or with nothing to send: not an error.
      this.focus();
      return;
    }
    if (media.length > 0 && !this.#pictures()) {
      // Nobody sends what they do not see.
      void this.#showPictures();
      return;
    }
    form.markAllAsTouched();
    form.markAllAsDirty();
    // The rules could not be loaded before: the number is parsed again.
    const { recipient_number: recipient } = form.controls;
    if (recipient.getError('phoneNumber') === RULES_UNAVAILABLE.error)
      recipient.updateValueAndValidity();
    // One may have expired since.
    form.controls.media.updateValueAndValidity();
    const isListShownFirst = this.recipientField()?.takeList() ?? false;
    this.isRejected.set(!form.valid);
    if (!form.valid) {
      focusFirstInvalid(this.#host, this.#injector);
      return;
    }
    if (isListShownFirst) return;
    const text = recipient.value;
    const recipients = this.asksForRecipient() ? this.#recipientsOf(text) : [text];
    if (recipients === undefined) {
      void this.#submitOnceParsed(form, text);
      return;
    }
    this.#hasSent = true;
    this.#pictures()?.instance.forget();
    if (recipients.length > 1) this.announcement.set(this.texts.sendingTo(recipients.length));
    const plain = media.map((picture) => ({ ...picture, thumbnail: '' }));
    this.send.emit(
      recipients.map((recipient_number, index) => ({
        recipient_number,
        content,
        ...(media.length > 0 && { media: index < MOST_WITH_THUMBNAILS ? media : plain }),
      })),
    );
  }

  /** Not while Enter completes the input of an input method (IME), nor on a phone, where Enter makes a new line. */
  protected sendByKey(event: Event): void {
    if (isComposing(event as KeyboardEvent) || this.isTouched()) return;
    event.preventDefault();
    if (!(event as KeyboardEvent).repeat) this.submit();
  }

  /** Held down in an input, Enter would submit again and again. */
  protected ignoreHeldKey(event: Event): void {
    const isLine = event.target instanceof HTMLInputElement;
    if (isLine && (event as KeyboardEvent).repeat) event.preventDefault();
  }

  protected ignoreSecondClick(event: MouseEvent): void {
    if (event.detail > 1) event.preventDefault();
  }

  protected async openEmojiPicker(anchor: Element): Promise<void> {
    const container = this.picker();
    const loaded = await this.#lazyParts.loadForFocus(loadEmojiPicker);
    if (!loaded || container.length > 0 || this.#isDestroyed) return;
    const picker = container.createComponent(loaded.EmojiPicker);
    picker.setInput('anchor', anchor);
    picker.instance.chosen.subscribe((characters) => {
      insertText(this.textarea().nativeElement, characters);
    });
    picker.instance.closed.subscribe(() => {
      picker.destroy();
    });
  }

  /** Uploads pictures that have their places in a form. */
  upload(form: ComposeForm, additions: readonly Addition[]): void {
    const scope = this.#injector.get(UserScope);
    const begin = (part: PicturesPart): void => {
      if (!scope.isOver) part.upload(scope, this.#settings, form, additions);
    };
    // At once, so that they are never shown as if nothing uploaded them.
    if (this.#picturesPart) {
      begin(this.#picturesPart);
    } else {
      this.#waiting.push(begin);
      void this.#loadPictures();
    }
  }

  protected pick(input: HTMLInputElement): void {
    this.#add(input.files);
    input.value = '';
  }

  /** What is copied from a document has a picture of its text, too. */
  protected paste(event: ClipboardEvent): void {
    const { clipboardData: data } = event;
    if (!data || data.files.length === 0 || data.getData('text/plain')) return;
    event.preventDefault();
    this.#add(data.files);
  }

  /** Files that are moved over the conversation, or dropped there: the browser would leave the page to show them. */
  drag(event: DragEvent): void {
    const { dataTransfer: data, type } = event;
    if (!data?.types.includes('Files')) return;
    event.preventDefault();
    this.isDropTarget.set(type === 'dragover');
    if (type === 'drop') this.#add(data.files);
  }

  protected usePlainCharacters(): void {
    const form = this.form();
    const { recipient_number, content } = form.getRawValue();
    replace(form, { recipient_number, content: toPlainCharacters(content) });
    this.announcement.set(this.texts.madePlain);
    this.focus();
  }

  protected undo(): void {
    undo(this.form());
    this.announcement.set('');
    this.focus();
  }

  #add(files: FileList | null): void {
    this.upload(this.form(), addPlaces(this.form(), Array.from(files ?? [])));
  }

  async #showPictures(): Promise<void> {
    const part = await this.#loadPictures();
    if (!part || this.#pictures() || this.#isDestroyed) return;
    const pictures = this.strip().createComponent(part.Pictures);
    pictures.setInput('composer', this);
    this.#pictures.set(pictures);
  }

  async #loadPictures(): Promise<PicturesPart | undefined> {
    const part = await this.#lazyParts.load(loadPictures);
    if (!part) return undefined;
    this.#picturesPart = part;
    for (const begin of this.#waiting.splice(0)) begin(part);
    return part;
  }

  /**
   * Waits for the rules or the default country, which decide how the number is parsed. A number that is understood as
   * another one than is written is shown, and sent by the next press.
   */
  async #submitOnceParsed(form: ComposeForm, text: string): Promise<void> {
    if (this.#isParsing) return;
    this.#isParsing = true;
    await this.#parser.prepare();
    this.#isParsing = false;
    const control = form.controls.recipient_number;
    if (this.#isDestroyed || form !== this.form() || control.value !== text) return;
    control.updateValueAndValidity();
    if (this.#recipientsOf(text) === undefined) {
      control.setErrors({ phoneNumber: RULES_UNAVAILABLE.error });
      focusFirstInvalid(this.#host, this.#injector);
    } else if (this.#parser.isAsWritten(text) || !this.recipientField()?.takeTyped()) {
      this.submit();
    }
  }

  /** Each once; undefined while it is unknown what decides about one. Those chosen may not have been parsed yet. */
  #recipientsOf(text: string): readonly string[] | undefined {
    const numbers = this.#parser.textsOf(text).map((each) => this.#parser.parse(each)?.number);
    return numbers.every((number) => number !== undefined) ? eachOnce(numbers) : undefined;
  }

  #describe(control: AbstractControl, label: string): string[] {
    return errorMessages(control).map((error) => formTexts.fieldError(label, error));
  }
}
