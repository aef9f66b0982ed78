import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { UserStorage } from '../session/user-storage';
import { frameTexts } from '../i18n/layout-texts';
import { Notice } from '../ui/notice';

/** Says, once for each, what a reload would take away. */
@Component({
  selector: 'app-storage-notice',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Notice],
  template: `
    @if (risk(); as risk) {
      <app-notice>
        {{ texts[risk] }}
        <button type="button" class="button button--small" (click)="read.set(risk)">
          {{ texts.understood }}
        </button>
      </app-notice>
    }
  `,
})
export class StorageNotice {
  readonly #atRisk = inject(UserStorage).atRisk;

  protected readonly texts = frameTexts.storage;
  protected readonly read = signal<'session' | 'texts' | undefined>(undefined);
  /** Whose session is at risk has been told of all else. */
  protected readonly risk = computed(() => {
    const risk = this.#atRisk();
    const read = this.read();
    return risk === read || read === 'session' ? undefined : risk;
  });
}
