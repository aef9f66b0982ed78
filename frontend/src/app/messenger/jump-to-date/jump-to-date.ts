import {
  ChangeDetectionStrategy,
  Component,
  ComponentRef,
  ElementRef,
  ViewContainerRef,
  afterNextRender,
  inject,
  output,
  viewChild,
} from '@angular/core';
import { jumpTexts } from '../../i18n/jump-texts';
import { MessageSync } from '../../messages/message-sync';

/** Asks for the day from which on a conversation is to be shown. */
@Component({
  selector: 'app-jump-to-date',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <dialog
      #dialog
      class="confirm-dialog"
      closedby="any"
      aria-labelledby="jump-to-date-title"
      (close)="answered.emit(dialog.returnValue)"
    >
      <h2 id="jump-to-date-title">{{ texts.title }}</h2>
      <form class="field" (submit)="$event.preventDefault(); dialog.close(date.value)">
        <label class="field__label" for="jump-to-date">{{ texts.date }}</label>
        <div class="field__box">
          <input
            #date
            autofocus
            required
            id="jump-to-date"
            class="field__input"
            type="date"
            aria-describedby="jump-to-date-hint"
            min="1970-01-01"
            [max]="today"
          />
        </div>
        <p id="jump-to-date-hint" class="field__hint">{{ texts.hint }}</p>
        <div class="confirm-dialog__actions">
          <button type="submit" class="button button--primary">{{ texts.submit }}</button>
          <button type="button" class="button" (click)="dialog.close()">{{ texts.cancel }}</button>
        </div>
      </form>
    </dialog>
  `,
})
export class JumpToDate {
  /** A day of this time zone, such as 2026-11-28; empty if the user has changed their mind. */
  readonly answered = output<string>();

  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');
  protected readonly texts = jumpTexts;
  protected readonly today = toDay(inject(MessageSync).today());

  constructor() {
    afterNextRender(() => {
      this.dialog().nativeElement.showModal();
    });
  }
}

function toDay(date: Date): string {
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part) => `${part}`.padStart(2, '0')).join('-');
}

let asked: ComponentRef<JumpToDate> | undefined;

/** Asks, in place of the question before, and calls back with the day. */
export function askForDay(place: ViewContainerRef, jump: (day: string) => void): void {
  asked?.destroy();
  const dialog = place.createComponent(JumpToDate);
  asked = dialog;
  dialog.instance.answered.subscribe((day) => {
    asked = undefined;
    dialog.destroy();
    if (day) jump(day);
  });
}
