import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  input,
  output,
} from '@angular/core';
import { Media, Message } from '../../api/models';
import { mediaTexts } from '../../i18n/media-texts';
import { messagesTexts } from '../../i18n/messages-texts';
import { kindOf } from '../../messages/media';
import { ContactNames } from '../../phone-numbers/contact-names';
import { Busy } from '../../ui/busy';
import { Icon } from '../../ui/icon';
import { MessengerIcon } from '../messenger-icon';
import { fileNameOf } from './file-name';
import { MediumContent } from './medium-content';

/** A picture, a sound, a video, or a row with a file, whose content is loaded only to be saved. */
@Component({
  selector: 'app-medium',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, Icon, MessengerIcon],
  templateUrl: './medium.html',
  providers: [MediumContent],
  host: {
    class: 'medium',
    '[class]': "'medium--' + kind()",
    '[class.medium--loaded]': 'content.url() !== undefined',
    '[class.medium--failed]': "content.problem() !== ''",
  },
})
export class Medium {
  protected readonly content = inject(MediumContent);
  readonly #names = inject(ContactNames);

  readonly message = input.required<Message>();
  readonly media = input.required<Media>();
  readonly opened = output();

  protected readonly texts = mediaTexts;
  protected readonly tryAgain = messagesTexts.thread.tryAgain;
  protected readonly kind = computed(() => kindOf(this.media()));
  protected readonly name = computed(() => {
    const { direction, peer_number } = this.message();
    const kind = this.kind() === 'file' ? this.typeName() : this.texts.kinds[this.kind()];
    return this.texts.name(kind, direction === 'inbound', this.#names.of(peer_number));
  });
  protected readonly typeName = computed(
    () => this.texts.types[this.media().content_type] ?? this.media().content_type,
  );
  protected readonly fileName = computed(() => fileNameOf(this.message()._id, this.media()));
  protected readonly place = computed(
    () => ({ messageId: this.message()._id, index: this.media().index }),
    { equal: (one, other) => one.messageId === other.messageId && one.index === other.index },
  );

  constructor() {
    effect(() => {
      if (this.kind() !== 'file') this.content.show(this.place());
    });
  }
}
