import { ChangeDetectionStrategy, Component, DOCUMENT, computed, inject } from '@angular/core';
import { layoutTexts } from '../i18n/layout-texts';
import { AppUpdate } from '../service-worker/app-update';
import { UserStorage } from '../session/user-storage';

/** Offers a reload once there is another version, unless that would lose what is not stored. Nothing reloads by itself. */
@Component({
  selector: 'app-update-notice',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <p aria-live="polite">
      @if (isShown()) {
        {{ texts.ready }}
      }
    </p>
    @if (isShown()) {
      <div class="update-notice__actions">
        <button type="button" class="button button--small" (click)="reload()">
          {{ texts.reload }}
        </button>
        <button type="button" class="button button--quiet button--small" (click)="update.dismiss()">
          {{ texts.later }}
        </button>
      </div>
    }
  `,
  host: { '[class.update-notice]': 'isShown()' },
})
export class UpdateNotice {
  readonly #document = inject(DOCUMENT);
  readonly #atRisk = inject(UserStorage).atRisk;

  protected readonly update = inject(AppUpdate);
  protected readonly texts = layoutTexts.update;
  protected readonly isShown = computed(() => this.update.isReady() && !this.#atRisk());

  constructor() {
    void this.update.start();
  }

  protected reload(): void {
    this.#document.location.reload();
  }
}
