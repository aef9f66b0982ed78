import { ChangeDetectionStrategy, Component, inject, input } from '@angular/core';
import { Router } from '@angular/router';
import { Media, Message } from '../../api/models';
import { Medium } from './medium';

// Loaded together: who sees a picture can open it without a connection.
export { PictureViewer } from './picture-viewer';

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
  readonly #router = inject(Router);

  readonly message = input.required<Message>();

  /** An address of its own, which one step back leaves: the page shows the viewer. */
  protected open({ index }: Media): void {
    void this.#router.navigate([], {
      queryParams: { picture: `${this.message()._id}-${index}` },
      queryParamsHandling: 'merge',
      state: { isPictureOpened: true },
    });
  }
}
