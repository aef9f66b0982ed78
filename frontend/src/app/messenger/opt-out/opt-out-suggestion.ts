import { ChangeDetectionStrategy, Component, inject, input, output, signal } from '@angular/core';
import { Message } from '../../api/models';
import { optOutTexts } from '../../i18n/opt-out-texts';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { Busy } from '../../ui/busy';

/** What somebody has written sounds like an opt-out, and is none by itself: the user decides. */
@Component({
  selector: 'app-opt-out-suggestion',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy],
  template: `
    <p role="status">{{ texts.suggestion }}</p>
    <p class="opt-out-suggestion__actions">
      <button type="button" class="button button--small" [appBusy]="isBusy()" (click)="stop()">
        {{ texts.stop }}
      </button>
      <button type="button" class="link" (click)="dismissed.emit()">{{ texts.keep }}</button>
    </p>
    @if (problem()) {
      <p role="alert">{{ problem() }}</p>
    }
  `,
  host: { class: 'opt-out-suggestion' },
})
export class OptOutSuggestion {
  readonly #store = inject(OptOutsStore);

  readonly message = input.required<Message>();
  readonly dismissed = output();

  protected readonly texts = optOutTexts;
  protected readonly isBusy = signal(false);
  protected readonly problem = signal('');

  protected async stop(): Promise<void> {
    if (this.isBusy()) return;
    this.isBusy.set(true);
    const { peer_number, content } = this.message();
    const reason = this.texts.stopReason(content.trim());
    this.problem.set(await this.#store.set(peer_number, true, reason));
    this.isBusy.set(false);
  }
}
