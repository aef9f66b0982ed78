import { provideHttpClient } from '@angular/common/http';
import {
  HttpTestingController,
  TestRequest,
  provideHttpClientTesting,
} from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { of } from 'rxjs';
import { Contact } from '../../api/models';
import { ContactsClient } from '../../contacts/contacts-client';
import { ContactsStore } from '../../contacts/contacts-store';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { SessionRepository } from '../../session/session-repository';
import { SessionStore } from '../../session/session-store';
import { ContactCard } from './contact-card';

const NUMBER = '+5215512345678';
/** As the API writes it. */
const CANONICAL = '+525512345678';
const AT = '2026-11-22T12:00:00.000Z';

function contact(name: string, version: number, more: Partial<Contact> = {}): Contact {
  const times = { created_at: AT, updated_at: AT, deleted_at: null };
  const known = { note: '', labels: [], consent: null };
  return { number: CANONICAL, name, version, ...known, ...times, ...more };
}

describe('ContactCard', () => {
  let http: HttpTestingController;
  let store: ContactsStore;
  let card: HTMLElement;

  beforeEach(() => {
    vi.useFakeTimers();
    localStorage.clear();
    HTMLDialogElement.prototype.showModal = () => undefined;
    TestBed.configureTestingModule({
      providers: [
        ContactsClient,
        ContactsStore,
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: OptOutsStore, useValue: { of: () => undefined } },
        {
          provide: SessionStore,
          useValue: { user: signal({ id: 'u1' }), statusChanges: of('signed-in') },
        },
      ],
    });
    TestBed.inject(SessionRepository).write({
      refreshToken: 'r',
      user: { id: 'u1', email: 'ada@example.com' },
    });
    http = TestBed.inject(HttpTestingController);
    store = TestBed.inject(ContactsStore);
    store.start(of());
  });

  afterEach(() => {
    card.remove();
    TestBed.resetTestingModule();
    localStorage.clear();
    vi.useRealTimers();
  });

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      await vi.advanceTimersByTimeAsync(300);
      TestBed.tick();
    }
  }

  async function open(...contacts: Contact[]): Promise<void> {
    const fixture = TestBed.createComponent(ContactCard);
    fixture.componentRef.setInput('number', NUMBER);
    fixture.autoDetectChanges();
    card = fixture.nativeElement as HTMLElement;
    document.body.append(card);
    await settle();
    http
      .match(({ url }) => url.endsWith('/changes'))
      .forEach((request) => {
        request.flush(contacts, { headers: { 'X-Revision': '1' } });
      });
    await settle();
  }

  function field(name: string): HTMLInputElement {
    return card.querySelector<HTMLInputElement>(`#contact-${name}`) ?? expect.fail(name);
  }

  async function type(name: string, text: string): Promise<void> {
    const input = field(name);
    input.value = text;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('blur'));
    await settle();
  }

  async function press(name: string): Promise<void> {
    const named = (button: HTMLElement) =>
      [button.textContent.trim(), button.getAttribute('aria-label')].includes(name);
    const button = [...card.querySelectorAll('button')].find(named) ?? expect.fail(name);
    button.focus();
    button.click();
    await settle();
  }

  function put(): TestRequest {
    return http.expectOne({
      method: 'PUT',
      url: `/api/contacts/${encodeURIComponent(NUMBER)}`,
    });
  }

  it('teaches what a name is for, stores one, and shows it', async () => {
    await open();
    expect(card.textContent).toContain('Give this number a name');
    await press('Add name');
    expect(document.activeElement).toBe(field('name'));
    await type('name', '  \u200b ');
    await press('Save');
    http.expectNone(({ method }) => method === 'PUT');
    expect(card.textContent).toContain("Name can't be blank.");
    expect(document.activeElement).toBe(field('name'));

    await type('name', ' Ada ');
    await type('label', 'vip, ');
    await type('label', 'customer');
    await press('Save');
    const request = put();
    expect(request.request.body).toEqual({
      contact: { name: 'Ada', note: '', labels: ['vip', 'customer'], consent: null },
    });
    request.flush(contact('Ada', 1, { labels: ['vip', 'customer'] }));
    await settle();
    expect(card.querySelector('h3')?.textContent.trim()).toBe('Ada');
    expect(card.textContent).not.toContain('Give this number a name');
    expect(document.activeElement?.textContent).toContain('Edit');
    expect(Object.keys(localStorage).filter((key) => key.includes('contacts'))).toEqual([]);
  });

  it('says why saving has failed, keeps what is typed, and repeats nothing by itself', async () => {
    await open(contact('Ada', 1));
    await press('Edit');
    await type('note', 'Mornings');
    await press('Save');
    put().flush(null, { status: 503, statusText: 'Service Unavailable' });
    await settle();
    expect(card.querySelector('[role=alert].notice')?.textContent).toContain(
      'Not saved. The server has a problem at the moment.',
    );
    expect(field('note').value).toBe('Mornings');
    await vi.advanceTimersByTimeAsync(50_000);
    http.expectNone(({ method }) => method === 'PUT');
    await press('Save');
    put().flush(contact('Ada', 2, { note: 'Mornings' }));
    await settle();
    expect(card.querySelector('.contact-card__note')?.textContent).toBe('Mornings');
  });

  it("shows the server's problem next to its field", async () => {
    await open(contact('Ada', 1));
    await press('Edit');
    await type('name', 'A\u0007da');
    await press('Save');
    const body = { status: 422, errors: { name: ['contains an invalid character'] } };
    put().flush(body, { status: 422, statusText: 'Unprocessable Entity' });
    await settle();
    expect(card.querySelector('#contact-name-error')?.textContent).toContain(
      'Name contains an invalid character.',
    );
    expect(card.querySelector('.notice')).toBeNull();
    expect(document.activeElement).toBe(field('name'));
  });

  it('asks when and where only for a consent', async () => {
    await open(contact('Ada', 1));
    await press('Edit');
    expect(card.querySelector('#contact-source')).toBeNull();
    const select = card.querySelector('select') ?? expect.fail();
    select.value = 'web_form';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await settle();
    await press('Save');
    expect(card.textContent).toContain("Proof of consent can't be blank.");
    await type('source', 'example.com/join');
    await type('at', '2026-11-22T09:30');
    await press('Save');
    const { consent } = (put().request.body as { contact: Contact }).contact;
    const at = new Date(2026, 10, 22, 9, 30).toISOString();
    expect(consent).toEqual({ method: 'web_form', at, source: 'example.com/join' });
  });

  it('says if the contact has changed elsewhere, and keeps what is typed', async () => {
    await open(contact('Ada', 1));
    await press('Edit');
    await type('name', 'Ada L.');
    store.apply(contact('Ada', 2, { note: 'Theirs' }));
    await settle();
    expect(card.textContent).toContain('changed elsewhere');
    expect(field('name').value).toBe('Ada L.');
    // The same change is none, such as one's own whose answer was lost.
    store.apply(contact('Ada L.', 3));
    await settle();
    expect(card.textContent).not.toContain('elsewhere');
    store.drop(NUMBER);
    await settle();
    expect(card.textContent).toContain('removed elsewhere');
    expect(field('name').value).toBe('Ada L.');
    await press('Cancel');
    expect(card.textContent).toContain('Give this number a name');
  });

  it('has what was typed and not saved when it is opened again', async () => {
    await open(contact('Ada', 1));
    await press('Edit');
    await type('name', 'Ada L.');
    card.remove();
    await open();
    expect(field('name').value).toBe('Ada L.');
    store.apply(contact('Ada', 2));
    await settle();
    expect(card.textContent).toContain('changed elsewhere');
    await press('Cancel');
    expect(card.querySelector('h3')?.textContent.trim()).toBe('Ada');
    card.remove();
    await open();
    expect(card.querySelector('form')).toBeNull();
  });

  it('keeps what is typed while another tab saves', async () => {
    await open(contact('Ada', 1));
    await press('Edit');
    await type('name', 'Ada L.');
    const key = Object.keys(localStorage).find((each) => each.includes('contacts')) ?? '';
    localStorage.removeItem(key);
    window.dispatchEvent(new StorageEvent('storage', { key }));
    expect(localStorage.getItem(key)).toContain('Ada L.');
  });

  it('asks before it removes a contact, and says why that has failed', async () => {
    await open(contact('Ada', 1));
    await press('Remove contact…');
    expect(card.querySelector('dialog')?.textContent).toContain('Your messages stay');
    const answer = async (value: string): Promise<void> => {
      const dialog = card.querySelector('dialog') ?? expect.fail();
      dialog.returnValue = value;
      dialog.dispatchEvent(new Event('close'));
      await settle();
    };
    await answer('');
    http.expectNone(({ method }) => method === 'DELETE');
    await press('Remove contact…');
    await answer('confirm');
    http
      .expectOne(({ method }) => method === 'DELETE')
      .flush(null, { status: 503, statusText: 'Service Unavailable' });
    await settle();
    expect(card.querySelector('dialog')?.textContent).toContain('The server has a problem');
    await answer('confirm');
    http
      .expectOne(({ method }) => method === 'DELETE')
      .flush(null, { status: 204, statusText: '' });
    await settle();
    expect(card.textContent).toContain('Give this number a name');
    expect(document.activeElement?.textContent.trim()).toBe('Add name');
  });
});
