import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  afterNextRender,
  computed,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { OptOut } from '../../api/models';
import { shortDateAndTime } from '../../i18n/formats';
import { optOutTexts } from '../../i18n/opt-out-texts';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import { Busy } from '../../ui/busy';
import { MessengerIcon } from '../messenger-icon';

/** In place of the composer: why nothing can be written to this number, and until when. */
@Component({
  selector: 'app-closed-composer',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, MessengerIcon],
  template: `
    <div #box class="closed-composer__box" role="status" tabindex="-1">
      <app-messenger-icon name="ban" />
      <p>
        <strong>{{ texts.title }}</strong>
        <span translate="no">{{ why() }}</span>
        {{ isManual() ? texts.untilUndone : texts.untilStart }}
      </p>
      @if (isManual()) {
        <button type="button" class="button" [appBusy]="isBusy()" (click)="undo()">
          {{ texts.undo }}
        </button>
      }
    </div>
    @if (problem()) {
      <p class="closed-composer__problem" role="alert">{{ problem() }}</p>
    }
  `,
  host: { class: 'closed-composer' },
})
export class ClosedComposer {
  readonly #store = inject(OptOutsStore);

  readonly optOut = input.required<OptOut>();

  protected readonly box = viewChild.required<ElementRef<HTMLElement>>('box');
  protected readonly texts = optOutTexts;
  protected readonly isBusy = signal(false);
  protected readonly problem = signal('');
  protected readonly isManual = computed(() => this.optOut().latest?.source === 'manual');
  protected readonly why = computed(() => {
    const { number, latest } = this.optOut();
    if (!latest) return '';
    const [name, date] = [formatPhoneNumber(number), shortDateAndTime(new Date(latest.at))];
    const reason = latest.reason ?? '';
    switch (latest.source) {
      case 'keyword':
        return this.texts.keyword(name, reason, date);
      case 'provider':
        return this.texts.provider(name, date);
      case 'refused':
        return this.texts.refused(name, date);
      case 'manual':
        return latest.by_you
          ? this.texts.manualByYou(name, date, reason)
          : this.texts.manual(name, date, reason);
    }
  });

  constructor() {
    // Of somebody who was writing, the focus was in what this replaces.
    afterNextRender(() => {
      if (document.activeElement === document.body) this.focus();
    });
  }

  focus(): void {
    this.box().nativeElement.focus({ preventScroll: true });
  }

  protected async undo(): Promise<void> {
    if (this.isBusy()) return;
    this.isBusy.set(true);
    this.problem.set(await this.#store.set(this.optOut().number, false, this.texts.undoReason));
    this.isBusy.set(false);
  }
}
