import { ChangeDetectionStrategy, Component, forwardRef, input, signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { ContactsStore } from '../../contacts/contacts-store';
import { contactsPageTexts } from '../../i18n/contacts-page-texts';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { FakeOptOuts } from '../../messages/testing';
import { ContactCard } from '../contact-card/contact-card';
import { ContactPage } from './contact-page';

const NUMBER = '+4930900001';

@Component({
  selector: 'app-contact-card',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: '',
  providers: [{ provide: ContactCard, useExisting: forwardRef(() => FakeCard) }],
})
class FakeCard {
  readonly number = input<string>();
  readonly isNew = input<boolean>();
  readonly level = input<number>();
  readonly isEditing = signal(false);
}

describe('ContactPage', () => {
  it('offers writing first, unless the contact has opted out', () => {
    const optOuts = Object.assign(new FakeOptOuts(), { follow: () => () => undefined });
    TestBed.configureTestingModule({
      providers: [
        provideRouter([]),
        { provide: ContactsStore, useValue: { of: () => ({ name: 'Ada' }) } },
        { provide: OptOutsStore, useValue: optOuts },
      ],
    });
    TestBed.overrideComponent(ContactPage, {
      remove: { imports: [ContactCard] },
      add: { imports: [FakeCard] },
    });
    const fixture = TestBed.createComponent(ContactPage);
    fixture.componentRef.setInput('number', NUMBER);
    fixture.detectChanges();
    const page = fixture.nativeElement as HTMLElement;
    const write = [...page.querySelectorAll('a')].find(
      ({ textContent }) => textContent.trim() === contactsPageTexts.write,
    );
    expect(write?.classList).toContain('button--primary');
    optOuts.optedOut.set([NUMBER]);
    fixture.detectChanges();
    expect(write?.classList).not.toContain('button--primary');
  });
});
