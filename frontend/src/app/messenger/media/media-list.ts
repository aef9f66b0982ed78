import {
  ChangeDetectionStrategy,
  Component,
  ComponentRef,
  DestroyRef,
  inject,
  input,
  ViewContainerRef,
} from '@angular/core';
import { Media, Message } from '../../api/models';
import { Medium } from './medium';
import { PictureViewer } from './picture-viewer';

/** What came with a message. */
@Component({
  selector: 'app-media-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Medium],
  template: `
    @for (media of message().media; track media.index) {
      <app-medium [message]="message()" [media]="media" (opened)="open(media)" />
    }
  `,
  host: { class: 'message-media' },
})
export class MediaList {
  readonly #container = inject(ViewContainerRef);
  #viewer: ComponentRef<PictureViewer> | undefined;

  readonly message = input.required<Message>();

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      this.#viewer?.destroy();
    });
  }

  /** Outside of the bubble, where a swipe and a long press would mean something else. */
  protected open({ index }: Media): void {
    if (this.#viewer) return;
    const { _id, peer_number } = this.message();
    const viewer = this.#container.createComponent(PictureViewer);
    document.body.append(viewer.location.nativeElement as HTMLElement);
    viewer.setInput('peer', peer_number);
    viewer.setInput('first', { messageId: _id, index });
    viewer.instance.closed.subscribe(() => {
      viewer.destroy();
      this.#viewer = undefined;
    });
    this.#viewer = viewer;
  }
}
