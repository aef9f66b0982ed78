import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  computed,
  inject,
  input,
  linkedSignal,
  signal,
} from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { OptOut } from '../../api/models';
import { optOutByHandTexts } from '../../i18n/opt-out-by-hand-texts';
import { optOutTexts } from '../../i18n/opt-out-texts';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { Busy } from '../../ui/busy';
import { Field } from '../../ui/field';
import { focusAfterRender } from '../../ui/focus-after-render';
import { focusFirstInvalid } from '../../ui/focus-first-invalid';
import { Notice } from '../../ui/notice';
import { maxLength, required } from '../../ui/validators';

const MAX_REASON = 200;

/** Records that somebody wants no more messages, as they have said in another way than by a message, or undoes that. */
@Component({
  selector: 'app-opt-out-by-hand',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, Field, Notice, ReactiveFormsModule],
  template: `
    @if (isAsking()) {
      <form
        class="opt-out-by-hand__form"
        novalidate
        [attr.aria-label]="texts.label"
        [formGroup]="form"
        (ngSubmit)="stop()"
      >
        <app-field
          name="opt-out-reason"
          dir="auto"
          autocapitalize="sentences"
          [label]="texts.reason"
          [hint]="texts.reasonHint"
          [control]="form.controls.reason"
        />
        @if (problem(); as problem) {
          <app-notice>{{ problem }}</app-notice>
        }
        <div class="contact-card__actions">
          <button type="submit" class="button button--danger" [appBusy]="isBusy()">
            {{ texts.stop }}
          </button>
          <button type="button" class="button" (click)="giveUp()">{{ texts.cancel }}</button>
        </div>
      </form>
    } @else {
      @if (problem(); as problem) {
        <app-notice>{{ problem }}</app-notice>
      }
      <div>
        @if (!optOut().opted_out) {
          <button type="button" class="button" (click)="ask()">{{ texts.ask }}</button>
        } @else if (optOut().latest?.source === 'manual') {
          <button
            type="button"
            class="button"
            aria-describedby="why-opted-out"
            [appBusy]="isBusy()"
            (click)="undo()"
          >
            {{ texts.undo }}
          </button>
        }
      </div>
    }
  `,
  host: { class: 'opt-out-by-hand' },
})
export class OptOutByHand {
  readonly #store = inject(OptOutsStore);
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);

  readonly optOut = input.required<OptOut>();

  protected readonly texts = optOutByHandTexts;
  protected readonly form = new FormGroup({
    reason: new FormControl('', {
      nonNullable: true,
      validators: [required, maxLength(MAX_REASON)],
    }),
  });
  readonly #isOptedOut = computed(() => this.optOut().opted_out);
  /** Ends once somebody has recorded it; reading the same again takes away nothing that is typed. */
  protected readonly isAsking = linkedSignal({
    source: this.#isOptedOut,
    computation: () => false,
  });
  protected readonly isBusy = signal(false);
  protected readonly problem = signal('');

  protected ask(): void {
    this.problem.set('');
    this.form.reset();
    this.isAsking.set(true);
    this.#focus('input');
  }

  protected giveUp(): void {
    this.problem.set('');
    this.isAsking.set(false);
    this.#focus('button');
  }

  protected async stop(): Promise<void> {
    this.form.markAllAsTouched();
    this.form.markAllAsDirty();
    if (this.form.valid) await this.#record(true, this.form.controls.reason.value.trim());
    focusFirstInvalid(this.#host, this.#injector);
  }

  protected async undo(): Promise<void> {
    await this.#record(false, optOutTexts.undoReason);
  }

  async #record(optedOut: boolean, reason: string): Promise<void> {
    if (this.isBusy()) return;
    this.isBusy.set(true);
    this.problem.set(await this.#store.set(this.optOut().number, optedOut, reason));
    this.isBusy.set(false);
    if (!this.problem()) this.#focus('button');
  }

  #focus(selector: string): void {
    focusAfterRender(this.#host, selector, this.#injector);
  }
}
