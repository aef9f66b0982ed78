import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  linkedSignal,
  output,
} from '@angular/core';
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
  readonly #number = computed(() => this.message().peer_number);

  protected readonly texts = optOutTexts;
  protected readonly isBusy = linkedSignal({ source: this.#number, computation: () => false });
  protected readonly problem = linkedSignal({ source: this.#number, computation: () => '' });

  protected async stop(): Promise<void> {
    if (this.isBusy()) return;
    const number = this.#number();
    this.isBusy.set(true);
    const problem = await this.#store.set(number, true, this.texts.stopReason);
    // Another conversation is open.
    if (number !== this.#number()) return;
    this.problem.set(problem);
    this.isBusy.set(false);
  }
}
