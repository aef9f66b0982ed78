import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  inject,
  signal,
} from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { Router } from '@angular/router';
import { contactsPageTexts } from '../../i18n/contacts-page-texts';
import { RecipientParser } from '../../messages/recipient-parser';
import { RULES_UNAVAILABLE } from '../../phone-numbers/parse-phone-number';
import { Busy } from '../../ui/busy';
import { Field } from '../../ui/field';
import { focusFirstInvalid } from '../../ui/focus-first-invalid';
import { required } from '../../ui/validators';
import { ContactsHeader } from './contacts-header';

/** Asks for the number, which leads to its contact. */
@Component({
  selector: 'app-new-contact',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, ContactsHeader, Field, ReactiveFormsModule],
  template: `
    <app-contacts-header [heading]="texts.title" />
    <form class="contacts__form" novalidate [formGroup]="form" (ngSubmit)="submit()">
      <app-field
        name="new-contact-number"
        type="tel"
        inputmode="tel"
        [label]="texts.number"
        [hint]="parser.hint()"
        [control]="form.controls.number"
      />
      <div>
        <button type="submit" class="button button--primary" [appBusy]="isChecking()">
          {{ isChecking() ? texts.checking : texts.submit }}
        </button>
      </div>
    </form>
  `,
})
export class NewContact {
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);
  readonly #router = inject(Router);
  protected readonly parser = inject(RecipientParser);

  protected readonly texts = contactsPageTexts.add;
  protected readonly isChecking = signal(false);
  protected readonly form = new FormGroup({
    number: new FormControl('', { nonNullable: true, validators: required }),
  });

  constructor() {
    this.parser.prefetch();
  }

  protected async submit(): Promise<void> {
    if (this.isChecking()) return;
    const { number } = this.form.controls;
    number.updateValueAndValidity();
    number.markAsTouched();
    number.markAsDirty();
    if (number.valid) await this.#goOn(number);
    focusFirstInvalid(this.#host, this.#injector);
  }

  async #goOn(number: FormControl<string>): Promise<void> {
    this.isChecking.set(true);
    // A form can be sent before it is known what decides.
    await this.parser.prepare();
    this.isChecking.set(false);
    const result = this.parser.parse(number.value);
    if (result?.number === undefined) {
      number.setErrors({ number: (result ?? RULES_UNAVAILABLE).error });
      return;
    }
    await this.#router.navigate(['/contacts', result.number], {
      queryParams: { edit: '' },
      replaceUrl: true,
    });
  }
}
