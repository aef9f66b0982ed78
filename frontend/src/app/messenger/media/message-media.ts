import {
  ChangeDetectionStrategy,
  Component,
  ComponentRef,
  DestroyRef,
  ViewContainerRef,
  computed,
  effect,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { Message } from '../../api/models';
import { messagesTexts } from '../../i18n/messages-texts';
import { kindOf } from '../../messages/media';
import { LazyParts } from '../../ui/lazy-parts';
import { NearSight } from '../../ui/near-sight';
import { withStylesheet } from '../../ui/stylesheet';
import type { MediaList } from './media-list';

const loadMedia = () => withStylesheet(import('./media-list'), 'media');

/** Keeps the place of what came with a message, and shows it once it is near sight: what shows it is loaded then. */
@Component({
  selector: 'app-message-media',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [NearSight],
  template: `
    @if (!list()) {
      <span class="message-media" [appNearSight]="message()._id" (reached)="load()">
        @for (each of placeholders(); track each.index) {
          <span class="medium" [class]="'medium--' + each.kind">
            <span class="visually-hidden">{{ loading }}</span>
          </span>
        }
      </span>
    }
    <ng-container #place />
  `,
})
export class MessageMedia {
  readonly #lazyParts = inject(LazyParts);
  #isDestroyed = false;

  readonly message = input.required<Message>();

  protected readonly place = viewChild.required('place', { read: ViewContainerRef });
  protected readonly loading = messagesTexts.media.loading;
  protected readonly list = signal<ComponentRef<MediaList> | undefined>(undefined);
  protected readonly placeholders = computed(() =>
    this.message().media.map((media) => ({ index: media.index, kind: kindOf(media) })),
  );

  constructor() {
    effect(() => {
      this.list()?.setInput('message', this.message());
    });
    inject(DestroyRef).onDestroy(() => {
      this.#isDestroyed = true;
    });
  }

  protected async load(): Promise<void> {
    const file = await this.#lazyParts.load(loadMedia);
    if (!file || this.#isDestroyed || this.list()) return;
    const list = this.place().createComponent(file.MediaList);
    list.setInput('message', this.message());
    this.list.set(list);
  }
}
