import {
  ChangeDetectionStrategy,
  Component,
  DOCUMENT,
  DestroyRef,
  effect,
  inject,
  input,
  output,
  signal,
} from '@angular/core';
import { formatDate } from '../../i18n/relative-time';
import { secondFactorTexts } from '../../i18n/second-factor-texts';
import { SessionStore } from '../../session/session-store';
import { CopyButton } from '../../ui/copy-button';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { saveFile } from '../../ui/save-file';
import { UnsavedCodes } from './unsaved-codes';

/** Shows new recovery codes, for the only time. */
@Component({
  selector: 'app-recovery-codes',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ConfirmDialog, CopyButton],
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
    <div class="settings-form__actions">
      <app-copy-button [source]="list" [label]="texts.copyLabel" (copied)="isSaved.set(true)">{{
        texts.copy
      }}</app-copy-button>
      <button type="button" class="button button--quiet button--small" (click)="download()">
        {{ texts.download }}
      </button>
      <button
        type="button"
        class="button"
        [class.button--primary]="isSaved()"
        (click)="kept.emit()"
      >
        {{ texts.kept }}
      </button>
    </div>
    @if (unsaved.isAsking()) {
      <app-confirm-dialog
        [title]="texts.leave.title"
        [text]="texts.leave.text"
        [confirmLabel]="texts.leave.confirm"
        [cancelLabel]="texts.leave.cancel"
        (answered)="unsaved.answer($event)"
      />
    }
  `,
  host: { class: 'second-factor__step', '(window:beforeunload)': 'askBeforeUnload($event)' },
})
export class RecoveryCodes {
  readonly #document = inject(DOCUMENT);
  readonly #user = inject(SessionStore).user;

  readonly codes = input.required<readonly string[]>();
  readonly kept = output();

  protected readonly texts = secondFactorTexts.recoveryCodes;

  protected readonly unsaved = inject(UnsavedCodes);
  /** Copied or downloaded. */
  protected readonly isSaved = signal(false);

  constructor() {
    effect(() => {
      this.unsaved.areShown.set(!this.isSaved());
    });
    inject(DestroyRef).onDestroy(() => {
      this.unsaved.areShown.set(false);
    });
  }

  protected askBeforeUnload(event: BeforeUnloadEvent): void {
    if (!this.isSaved()) event.preventDefault();
  }

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
    this.isSaved.set(true);
  }
}
