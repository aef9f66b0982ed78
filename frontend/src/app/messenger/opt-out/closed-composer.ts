import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  afterNextRender,
  computed,
  inject,
  input,
  linkedSignal,
  viewChild,
} from '@angular/core';
import { OptOut } from '../../api/models';
import { optOutTexts } from '../../i18n/opt-out-texts';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { ContactNames } from '../../phone-numbers/contact-names';
import { Busy } from '../../ui/busy';
import { MessengerIcon } from '../messenger-icon';
import { whyOptedOut } from './why-opted-out';

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
        {{ why() }} {{ until() }}
        @if (draft()) {
          <span class="closed-composer__draft"
            >{{ texts.draft }} <bdi>{{ draft() }}</bdi></span
          >
        }
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
  readonly #names = inject(ContactNames);
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);

  readonly optOut = input.required<OptOut>();
  /** What was being written. */
  readonly draft = input('');
  /** Where the focus was in what this replaces. */
  readonly takesFocus = input(false);
  readonly #number = computed(() => this.optOut().number);

  protected readonly box = viewChild.required<ElementRef<HTMLElement>>('box');
  protected readonly texts = optOutTexts;
  protected readonly isBusy = linkedSignal({ source: this.#number, computation: () => false });
  protected readonly problem = linkedSignal({ source: this.#number, computation: () => '' });
  protected readonly isManual = computed(() => this.optOut().latest?.source === 'manual');
  protected readonly why = computed(() =>
    whyOptedOut(this.optOut(), this.#names.of(this.#number())),
  );
  protected readonly until = computed(() => {
    const source = this.optOut().latest?.source;
    if (source === 'refused') return '';
    return source === 'manual' ? this.texts.untilUndone : this.texts.untilStart;
  });

  constructor() {
    afterNextRender(() => {
      if (this.takesFocus()) this.focus();
    });
  }

  hasFocus(): boolean {
    return this.#host.nativeElement.contains(document.activeElement);
  }

  focus(): void {
    this.box().nativeElement.focus({ preventScroll: true });
  }

  protected async undo(): Promise<void> {
    if (this.isBusy()) return;
    const number = this.#number();
    this.isBusy.set(true);
    const problem = await this.#store.set(number, false, this.texts.undoReason);
    // Another conversation is open.
    if (number !== this.#number()) return;
    this.problem.set(problem);
    this.isBusy.set(false);
  }
}
