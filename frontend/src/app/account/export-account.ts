import { DOCUMENT, ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { describeProblem } from '../api/describe-problem';
import { toProblem } from '../api/problem';
import { accountTexts } from '../i18n/account-texts';
import { Busy } from '../ui/busy';
import { Notice } from '../ui/notice';
import { saveFile } from '../ui/save-file';
import { AccountStore } from './account-store';

@Component({
  selector: 'app-export-account',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, Notice],
  template: `
    <header>
      <h2 id="export-account">{{ texts.title }}</h2>
      <p>{{ texts.intro }}</p>
    </header>
    @if (problem(); as problem) {
      <app-notice>{{ problem }}</app-notice>
    }
    <div class="panel__footer">
      <button type="button" class="button" [appBusy]="busy()" (click)="download()">
        {{ busy() ? texts.submitting : texts.submit }}
      </button>
      <p role="status">{{ done() }}</p>
    </div>
  `,
  host: { class: 'panel', role: 'region', 'aria-labelledby': 'export-account' },
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
