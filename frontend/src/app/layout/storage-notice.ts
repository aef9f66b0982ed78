import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { UserStorage } from '../session/user-storage';
import { layoutTexts } from '../i18n/layout-texts';
import { Notice } from '../ui/notice';

/** Warns about what a reload would lose, once for each kind. */
@Component({
  selector: 'app-storage-notice',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Notice],
  template: `
    @if (risk(); as risk) {
      <app-notice>
        {{ texts[risk] }}
        <button type="button" class="button button--small" (click)="dismissed.set(risk)">
          {{ texts.understood }}
        </button>
      </app-notice>
    }
  `,
  host: { class: 'storage-notice' },
})
export class StorageNotice {
  readonly #atRisk = inject(UserStorage).atRisk;

  protected readonly texts = layoutTexts.storage;
  protected readonly dismissed = signal<'session' | 'texts' | undefined>(undefined);
  /** The warning about the session covers everything else. */
  protected readonly risk = computed(() => {
    const risk = this.#atRisk();
    const dismissed = this.dismissed();
    return risk === dismissed || dismissed === 'session' ? undefined : risk;
  });
}
