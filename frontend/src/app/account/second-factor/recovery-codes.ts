import { ChangeDetectionStrategy, Component, DOCUMENT, inject, input, output } from '@angular/core';
import { formatDate } from '../../i18n/relative-time';
import { secondFactorTexts } from '../../i18n/second-factor-texts';
import { SessionStore } from '../../session/session-store';
import { CopyButton } from '../../ui/copy-button';
import { saveFile } from '../../ui/save-file';

/** Shows new recovery codes, for the only time. */
@Component({
  selector: 'app-recovery-codes',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CopyButton],
  template: `
    <h3 tabindex="-1">{{ texts.title }}</h3>
    <p>{{ texts.intro }}</p>
    <pre
      #list
      class="recovery-codes__list"
      translate="no"
      role="group"
      [attr.aria-label]="texts.list"
      >{{ text() }}</pre>
    <div class="panel__footer">
      <button type="button" class="button button--primary" (click)="kept.emit()">
        {{ texts.kept }}
      </button>
      <app-copy-button [source]="list" [label]="texts.copyLabel">{{ texts.copy }}</app-copy-button>
      <button type="button" class="button button--quiet button--small" (click)="download()">
        {{ texts.download }}
      </button>
    </div>
  `,
  host: { class: 'second-factor__step' },
})
export class RecoveryCodes {
  readonly #document = inject(DOCUMENT);
  readonly #user = inject(SessionStore).user;

  readonly codes = input.required<readonly string[]>();
  readonly kept = output();

  protected readonly texts = secondFactorTexts.recoveryCodes;

  protected text(): string {
    return this.codes().join('\n');
  }

  protected download(): void {
    const text = this.texts.file({
      email: this.#user()?.email ?? '',
      date: formatDate(new Date()),
      codes: this.codes(),
    });
    saveFile(this.#document, new Blob([text], { type: 'text/plain' }), this.texts.fileName);
  }
}
