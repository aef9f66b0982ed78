import { ChangeDetectionStrategy, Component, input, output } from '@angular/core';
import { ConsentMethod } from '../../contacts/contact-input';
import { contactTexts } from '../../i18n/contact-texts';

/** A component of its own without the forms module, whose parts for this the page of messages would load with its own. */
@Component({
  selector: 'app-consent-method-select',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <select class="field__input" [attr.aria-label]="texts.form.consent" (change)="choose($event)">
      <option value="" [selected]="method() === ''">{{ texts.form.unknown }}</option>
      @for (each of methods; track each[0]) {
        <option [value]="each[0]" [selected]="each[0] === method()">{{ each[1] }}</option>
      }
    </select>
  `,
})
export class ConsentMethodSelect {
  readonly method = input.required<ConsentMethod | ''>();
  readonly chosen = output<ConsentMethod | ''>();

  protected readonly texts = contactTexts;
  protected readonly methods = Object.entries(contactTexts.methods);

  protected choose({ target }: Event): void {
    this.chosen.emit((target as HTMLSelectElement).value as ConsentMethod | '');
  }
}
