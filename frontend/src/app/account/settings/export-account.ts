import { DOCUMENT, ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { describeProblem } from '../../api/describe-problem';
import { toProblem } from '../../api/problem';
import { accountTexts } from '../../i18n/account-texts';
import { Busy } from '../../ui/busy';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { saveFile } from '../../ui/save-file';
import { AccountStore } from '../account-store';

@Component({
  selector: 'app-export-account',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, Icon, Notice],
  template: `
    <div class="settings-row">
      <span class="settings-row__glyph"><app-icon name="download" /></span>
      <div class="settings-row__main">
        <p class="settings-row__name">{{ texts.title }}</p>
        <p class="settings-row__text">{{ texts.intro }}</p>
        <p class="settings-group__done" role="status">{{ done() }}</p>
      </div>
      <button type="button" class="button" [appBusy]="busy()" (click)="download()">
        {{ busy() ? texts.submitting : texts.submit }}
      </button>
    </div>
    @if (problem(); as problem) {
      <div class="settings-form">
        <app-notice>{{ problem }}</app-notice>
      </div>
    }
  `,
  host: { class: 'settings-card__part' },
})
export class ExportAccount {
  readonly #store = inject(AccountStore);
  readonly #document = inject(DOCUMENT);

  protected readonly texts = accountTexts.exportAccount;
  protected readonly busy = signal(false);
  protected readonly problem = signal('');
  protected readonly done = signal('');

  protected async download(): Promise<void> {
    if (this.busy()) return;
    this.busy.set(true);
    this.problem.set('');
    this.done.set('');
    try {
      saveFile(this.#document, await this.#store.exportAccount(), this.texts.fileName);
      this.done.set(this.texts.done);
    } catch (error) {
      this.problem.set(describeProblem(toProblem(error)));
    } finally {
      this.busy.set(false);
    }
  }
}
