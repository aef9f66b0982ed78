import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { ContactFields } from '../api/models';
import { ContactsStore } from './contacts-store';
import { ContactsWriter } from './contacts-writer';

describe('ContactsWriter', () => {
  it('takes apart a label with a comma, as earlier versions have stored them', async () => {
    const apply = vi.fn();
    TestBed.configureTestingModule({
      providers: [
        ContactsWriter,
        { provide: ContactsStore, useValue: { apply } },
        provideHttpClient(),
        provideHttpClientTesting(),
      ],
    });
    const contact: ContactFields = {
      name: 'Ada',
      note: '',
      labels: ['customer', 'Smith, Jones', 'customer'],
      consent: null,
    };
    const stored = TestBed.inject(ContactsWriter).store('+14155552671', contact);
    const call = TestBed.inject(HttpTestingController).expectOne('/api/contacts/%2B14155552671');
    expect(call.request.body).toEqual({
      contact: { ...contact, labels: ['customer', 'Smith', 'Jones'] },
    });
    call.flush({ number: '+14155552671' });
    await stored;
    expect(apply).toHaveBeenCalledOnce();
  });
});
