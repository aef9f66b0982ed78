import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { RouterTestingHarness } from '@angular/router/testing';
import { of } from 'rxjs';
import { Contact } from '../../api/models';
import { ContactsClient } from '../../contacts/contacts-client';
import { ContactsStore } from '../../contacts/contacts-store';
import { contactsPageTexts } from '../../i18n/contacts-page-texts';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { FakeOptOuts } from '../../messages/testing';
import { ContactNames } from '../../phone-numbers/contact-names';
import { SessionStore } from '../../session/session-store';
import { ContactsPage } from './contacts-page';

const AT = '2026-11-22T12:00:00.000Z';
const UNAVAILABLE = { status: 503, statusText: 'Service Unavailable' };

function contact(index: number, more: Partial<Contact> = {}): Contact {
  const times = { created_at: AT, updated_at: AT, deleted_at: null };
  const known = { note: '', labels: [], consent: null, version: 1 };
  return { number: numberOf(index), name: `Person ${index}`, ...known, ...times, ...more };
}

function numberOf(index: number): string {
  return `+4930${900_000 + index}`;
}

describe('ContactsPage', () => {
  let http: HttpTestingController;
  let optOuts: FakeOptOuts;
  let page: HTMLElement;

  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal(
      'IntersectionObserver',
      class {
        observe = () => undefined;
        disconnect = () => undefined;
      },
    );
    optOuts = new FakeOptOuts();
    TestBed.configureTestingModule({
      providers: [
        ContactsClient,
        ContactsStore,
        provideHttpClient(),
        provideHttpClientTesting(),
        provideRouter([{ path: 'contacts', component: ContactsPage }]),
        { provide: OptOutsStore, useValue: optOuts },
        {
          provide: SessionStore,
          useValue: { user: signal({ id: 'u1' }), statusChanges: of('signed-in') },
        },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    TestBed.inject(ContactsStore).start(of());
    const harness = await RouterTestingHarness.create();
    await harness.navigateByUrl('/contacts');
    page = harness.routeNativeElement ?? expect.fail();
    await settle();
  });

  afterEach(() => {
    TestBed.resetTestingModule();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      await vi.advanceTimersByTimeAsync(0);
      TestBed.tick();
    }
  }

  async function answer(...contacts: Contact[]): Promise<void> {
    await answerPage(contacts);
  }

  async function answerPage(contacts: Contact[], more: Record<string, string> = {}): Promise<void> {
    http
      .expectOne(({ url }) => url.endsWith('/contacts/changes'))
      .flush(contacts, { headers: { 'X-Revision': '1', ...more } });
    await settle();
  }

  async function fail(url: string): Promise<void> {
    const request = http.expectOne((asked) => asked.url.endsWith(url));
    const isBlob = request.request.responseType === 'blob';
    request.flush(isBlob ? new Blob() : {}, UNAVAILABLE);
    await settle();
  }

  async function search(text: string): Promise<void> {
    const box = page.querySelector<HTMLInputElement>('input[type=search]') ?? expect.fail();
    box.value = text;
    box.dispatchEvent(new Event('input'));
    await settle();
  }

  function textOf(selector: string): string | undefined {
    return page.querySelector(selector)?.textContent.replace(/\s+/g, ' ').trim();
  }

  function button(name: string): HTMLElement {
    const named = (element: HTMLElement) =>
      [element.textContent.trim(), element.getAttribute('aria-label')].includes(name);
    return [...page.querySelectorAll<HTMLElement>('button, a')].find(named) ?? expect.fail(name);
  }

  function rows(): string[] {
    return [...page.querySelectorAll('.contacts__name')].map(({ textContent }) =>
      textContent.trim(),
    );
  }

  it('says that it loads, and offers nothing that needs contacts', async () => {
    expect(page.querySelector('app-skeleton')).not.toBeNull();
    expect(textOf('.visually-hidden[role=status]')).toBe(contactsPageTexts.loading);
    expect(page.querySelector('input[type=search]')).toBeNull();
    expect(textOf('.contacts__hint')).toBeUndefined();
    await answer(contact(1));
    expect(page.querySelector('app-skeleton')).toBeNull();
    expect(textOf('.visually-hidden[role=status]')).toBe('');
    expect(rows()).toEqual(['Person 1']);
  });

  it('keeps the rows as they are while one has the focus, however many come before it', async () => {
    const more = { Link: '</api/contacts/changes?since=0&position=7.1>; rel="next"' };
    const of = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => contact(from + index));
    await answerPage(of(500, 90), more);
    const row = page.querySelectorAll<HTMLElement>('.contacts__row')[60];
    row?.focus();
    const before = rows();
    await answer(...of(100, 80), ...of(600, 2));
    expect(rows()).toEqual(before);
    // As when the end comes into sight.
    page.querySelector<HTMLElement>('.contacts__more')?.click();
    await settle();
    expect(rows()).toEqual([...before, 'Person 600', 'Person 601']);
    expect(document.activeElement).toBe(row);
    row?.blur();
    await settle();
    expect(rows()).toHaveLength(172);
    expect(rows()[0]).toBe('Person 100');
  });

  it('shows the contacts of the first pages while the others load', async () => {
    const asked = vi.spyOn(optOuts, 'loadUnknown');
    const more = { Link: '</api/contacts/changes?since=0&position=7.1>; rel="next"' };
    await answerPage([contact(2)], more);
    expect(rows()).toEqual(['Person 2']);
    expect(textOf('.contacts__count')).toBe(contactsPageTexts.loading);
    expect(textOf('.contacts__hint')).toBeUndefined();
    await search('1');
    // It may yet come.
    expect(page.querySelector('app-skeleton')).not.toBeNull();
    expect(textOf('.contacts__empty')).toBeUndefined();
    await fail('/contacts/changes');
    expect(textOf('.contacts__problem')).toContain('The server has a problem');
    expect(page.querySelector('app-skeleton')).toBeNull();
    expect(textOf('.contacts__count')).toBe('');
    await search('');
    expect(rows()).toEqual(['Person 2']);
    expect(asked).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    button('Try again').click();
    await settle();
    await answerPage([contact(1)], more);
    // The rest may fail once more.
    expect(textOf('.contacts__problem')).toContain('The server has a problem');
    expect(rows()).toEqual(['Person 1', 'Person 2']);
    await answer(contact(3));
    expect(textOf('.contacts__problem')).toBeUndefined();
    expect(rows()).toEqual(['Person 1', 'Person 3']);
    expect(textOf('.contacts__count')).toBe('2 contacts');
    expect([...optOuts.askedAbout]).toEqual([numberOf(1), numberOf(3)]);
  });

  it('says why nothing could be loaded, and tries again', async () => {
    await fail('/contacts/changes');
    expect(textOf('.contacts__problem')).toContain('The server has a problem');
    // One of them is enough to be read out.
    expect(textOf('.visually-hidden[role=status]')).toBe('');
    expect(page.querySelector('app-skeleton')).toBeNull();
    expect(page.textContent).not.toContain(contactsPageTexts.empty);
    await vi.advanceTimersByTimeAsync(1_000);
    button('Try again').click();
    await settle();
    await answer();
    expect(textOf('.contacts__problem')).toBeUndefined();
    expect(textOf('.contacts__empty h2')).toBe(contactsPageTexts.empty);
  });

  it('keeps what it shows while the API fails', async () => {
    await answer(contact(1));
    await vi.advanceTimersByTimeAsync(60_000);
    await fail('/contacts/changes');
    expect(rows()).toEqual(['Person 1']);
    expect(textOf('.contacts__problem')).toBeUndefined();
  });

  it('teaches what contacts are for, and offers an import and a first one', async () => {
    await answer();
    expect(textOf('.contacts__hint')).toContain(contactsPageTexts.start);
    expect(textOf('.contacts__hint')).toContain(contactsPageTexts.uses.labels);
    const ways = [...page.querySelectorAll<HTMLAnchorElement>('.contacts__hint a')];
    expect(ways.map(({ pathname }) => pathname)).toEqual(['/contacts/import', '/contacts/new']);
    expect(page.querySelector('.contacts__actions button')).toBeNull();
  });

  it('finds contacts, or says that there are none, and shows all again', async () => {
    await answer(contact(1), contact(2, { labels: ['VIP'] }));
    await search('vip');
    expect(rows()).toEqual(['Person 2']);
    expect(textOf('.visually-hidden[role=status]')).toBe('1 contact found');
    await search('nobody');
    expect(textOf('.contacts__empty h2')).toBe(contactsPageTexts.nothing);
    button('Clear search').click();
    await settle();
    expect(rows()).toHaveLength(2);
    expect(page.querySelector<HTMLInputElement>('input[type=search]')?.value).toBe('');
  });

  it('shows all again at Escape, and keeps the focus, but leaves the key to an input method', async () => {
    await answer(contact(1), contact(2));
    const box = page.querySelector<HTMLInputElement>('input[type=search]') ?? expect.fail();
    const press = async (element: HTMLElement, init: KeyboardEventInit = {}) => {
      element.focus();
      const event = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, ...init });
      element.dispatchEvent(event);
      await settle();
    };
    for (const init of [{ isComposing: true }, { keyCode: 229 }]) {
      await search('2');
      await press(box, init);
      expect(rows()).toEqual(['Person 2']);
    }
    for (const element of [button('Clear search'), box]) {
      await search('2');
      await press(element);
      expect(rows()).toHaveLength(2);
      expect(box.value).toBe('');
      expect(document.activeElement).toBe(box);
    }
  });

  it('renders some of many, and asks about opt-outs a page at a time, each number once', async () => {
    const asked = vi.spyOn(optOuts, 'loadUnknown');
    await answer(...Array.from({ length: 350 }, (_, index) => contact(index)));
    expect(rows()).toHaveLength(100);
    expect(textOf('.contacts__count')).toBe('350 contacts');
    button('Show more').click();
    await settle();
    expect(rows()).toHaveLength(200);
    await search('349');
    expect(rows()).toEqual(['Person 349']);
    const sizes = asked.mock.calls.map(([numbers]) => numbers.length);
    expect(sizes.filter((size) => size > 0)).toEqual([100, 100, 1]);
    expect(optOuts.askedAbout.size).toBe(201);
  }, 20_000);

  it('leaves the rows that it shows alone when it shows more', async () => {
    await answer(...Array.from({ length: 200 }, (_, index) => contact(index, { labels: ['VIP'] })));
    const spies = [
      vi.spyOn(TestBed.inject(ContactNames), 'initialsOf'),
      vi.spyOn(optOuts, 'of'),
      vi.spyOn(contactsPageTexts, 'labelled'),
    ];
    button('Show more').click();
    await settle();
    expect(rows()).toHaveLength(200);
    expect(spies.map(({ mock }) => mock.calls.length)).toEqual([100, 100, 100]);
    // Nor has each of them to be drawn anew because somebody among them has opted out.
    optOuts.optedOut.set([numberOf(199)]);
    await settle();
    expect(page.querySelectorAll('.contacts__mark')).toHaveLength(1);
    expect(spies.map(({ mock }) => mock.calls.length)).toEqual([100, 300, 101]);
  }, 20_000);

  it('shows the first labels, and who has opted out', async () => {
    await answer(
      contact(1, { labels: ['Customer'] }),
      contact(2, { labels: ['Customer', 'VIP', 'Cargo bike'] }),
      contact(3),
    );
    optOuts.optedOut.set([numberOf(3)]);
    await settle();
    const [one, two, three] = [...page.querySelectorAll('.contacts__row')];
    const shown = (row: Element | undefined) =>
      [...(row?.querySelectorAll('.contacts__label') ?? [])].map(({ textContent }) => textContent);
    expect(shown(one)).toEqual(['Customer']);
    // Of the last two, a narrow list shows one, and a wide list the other.
    expect(shown(two)).toEqual(['Customer', 'VIP', '+2', '+1']);
    expect(two?.querySelector('.visually-hidden')?.textContent).toBe(
      'Labels: Customer, VIP, Cargo bike',
    );
    expect(shown(three)).toEqual([]);
    expect(three?.querySelector('.contacts__mark')?.textContent.trim()).toBe('Opted out');
    expect(page.querySelectorAll('.contacts__mark')).toHaveLength(1);
  });

  it('says why the export has failed, and takes it back with the next', async () => {
    await answer(contact(1));
    URL.createObjectURL = () => 'blob:x';
    URL.revokeObjectURL = () => undefined;
    button('Export CSV').click();
    await settle();
    expect(textOf('.contacts__actions button')).toBe('Exporting…');
    await fail('/contacts/export.csv');
    expect(textOf('.contacts__head app-notice')).toContain('The server has a problem');
    button('Export CSV').click();
    await settle();
    http.expectOne(({ url }) => url.endsWith('/contacts/export.csv')).flush(new Blob(['x']));
    await settle();
    expect(textOf('.contacts__head app-notice')).toBeUndefined();
    expect(textOf('.contacts__done')).toBe('Exported.');
  });
});
