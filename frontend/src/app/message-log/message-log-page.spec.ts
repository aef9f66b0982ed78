import { Location } from '@angular/common';
import { HttpErrorResponse } from '@angular/common/http';
import { HttpTestingController } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { Router, provideRouter } from '@angular/router';
import { RouterTestingHarness } from '@angular/router/testing';
import { Problem, toProblem } from '../api/problem';
import { Poll } from '../api/poll';
import { ContactsStore } from '../contacts/contacts-store';
import { ConnectionStatusStore } from '../ui/connection-status-store';
import { logTexts } from '../i18n/log-texts';
import { FakeApi, messages, setUpMessages } from '../messages/testing';
import { ContactNames } from '../phone-numbers/contact-names';
import { UserScope } from '../session/user-scope';
import { MessageLogPage } from './message-log-page';

/** What this DOM does not have: here the end is always in sight. */
class AlwaysInSight {
  constructor(private readonly run: IntersectionObserverCallback) {}

  observe(): void {
    const entries = [{ isIntersecting: true }] as IntersectionObserverEntry[];
    queueMicrotask(() => {
      this.run(entries, {} as IntersectionObserver);
    });
  }

  disconnect(): void {
    // Nothing is watched.
  }
}

describe('MessageLogPage', () => {
  let api: FakeApi;
  let page: RouterTestingHarness;
  const contactsProblem = signal<Problem | undefined>(undefined);

  beforeEach(async () => {
    vi.stubGlobal('IntersectionObserver', AlwaysInSight);
    contactsProblem.set(undefined);
    api = setUpMessages(
      UserScope,
      { provide: ContactsStore, useValue: { problem: contactsProblem } },
      provideRouter([{ path: 'log', component: MessageLogPage }]),
    );
    page = await RouterTestingHarness.create();
  });

  afterEach(() => {
    api.end();
    vi.unstubAllGlobals();
  });

  it('loads pages while its end is in sight', async () => {
    await open('/log?status=canceled');
    await answer(10, 8, 'm0008');
    await answer(7, 5, 'm0005');
    await answer(4, 1);
    expect(rows()).toBe(10);
    expect(asked()).toEqual([]);
  });

  it('leaves it to the user whether to go on once nothing more is found', async () => {
    await open('/log?status=canceled');
    await answer(10, 8, 'm0008');
    let requests = 0;
    for (let empty = 0; empty < 50; empty += 1) requests += await answerEmpty();
    expect(requests).toBe(11);
    button(logTexts.searchFurther).click();
    await settle();
    await answer(7, 5, 'm0005');
    expect(rows()).toBe(6);
    // And from here on by itself again.
    expect(asked().length).toBe(1);
  });

  it('says what came with a text', async () => {
    await open('/log');
    const media = [{ index: 0, content_type: 'image/png' }];
    const [message] = messages(1, 1);
    asked()[0]?.flush([{ ...message, num_media: 1, media }]);
    await settle();
    const text = element().querySelector('.log-row__text')?.textContent;
    expect(text?.trim()).toMatch(/^Picture:\s+Message 1$/);
  });

  it('breaks a code between its words only, and keeps its text', async () => {
    await open('/log');
    const rows = messages(1, 2);
    asked()[0]?.flush([{ ...rows[0], error_code: 'recipient_opted_out' }, rows[1]]);
    await settle();
    const [code, none] = element().querySelectorAll('app-log-row .log-row__code');
    const parts = [...(code?.children ?? [])].map((part) => part.textContent || part.localName);
    expect(parts).toEqual(['wbr', 'recipient_', 'wbr', 'opted_', 'wbr', 'out']);
    expect(code?.textContent).toBe('recipient_opted_out');
    // Its label is shown beside what is not empty.
    expect(none?.matches(':empty')).toBe(true);
  });

  it('says that new messages are not added while a text is searched for', async () => {
    await open('/log?search=four');
    await answer(10, 8);
    expect(element().textContent).toContain(logTexts.frozen);
    await open('/log?status=failed');
    await answer(10, 8);
    expect(element().textContent).not.toContain(logTexts.frozen);
  });

  it('exports by what was just entered', async () => {
    await open('/log');
    await answer(10, 8);
    const search = element().querySelector<HTMLInputElement>('input[type=search]');
    if (!search) throw new Error('There is no field.');
    search.value = 'refused';
    // As a browser does when the button is clicked.
    search.dispatchEvent(new Event('change'));
    button(logTexts.export.submit).click();
    await settle();
    const http = TestBed.inject(HttpTestingController);
    const file = http.expectOne(({ url }) => url.endsWith('.csv'));
    expect(file.request.params.get('search')).toBe('refused');
  });

  describe('filters by a person', () => {
    const [ada, alan, bob] = ['+14155552671', '+442079460958', '+15005550006'] as const;

    beforeEach(async () => {
      TestBed.inject(ContactNames).replace(
        new Map([
          [ada, 'Ada Lovelace'],
          [alan, 'Alan Turing'],
          [bob, 'Bob'],
        ]),
      );
      await open('/log');
      await answer(10, 8);
    });

    it('whose name is suggested, and whose number is filtered by', async () => {
      await type('a');
      expect(suggested()).toEqual([
        [ada, 'Ada Lovelace'],
        [alan, 'Alan Turing'],
      ]);
      // As a browser does when one of them is chosen.
      await type(alan);
      expect(filteredBy()).toBe(alan);
    });

    it('who alone has the name', async () => {
      await enter('turing');
      expect([filteredBy(), field().value]).toEqual([alan, alan]);
      await enter('Alan');
      expect([filteredBy(), field().value]).toEqual([alan, alan]);
    });

    it('who is called just so, while others are called nearly so', async () => {
      TestBed.inject(ContactNames).replace(
        new Map([
          [ada, 'Bóbby 1'],
          [alan, '+1 415'],
          [bob, 'Bob'],
        ]),
      );
      for (const [text, number] of [
        ['bob', bob],
        ['BOBBY 1', ada],
        ['Bobby 2', 'Bobby 2'],
        ['+1 415 555 9999', '+1 415 555 9999'],
      ] as const) {
        await enter(text);
        expect(filteredBy()).toBe(number);
      }
    });

    it('whose name becomes known only after it was entered, and Back does not lead to that', async () => {
      TestBed.inject(ContactNames).clear();
      await enter('turing');
      await later();
      expect(asked()).toEqual([]);
      expect([rows(), element().querySelector('app-skeleton')]).toEqual([0, expect.anything()]);
      expect(element().textContent).not.toContain(logTexts.nothing);
      button(logTexts.export.submit).click();
      await settle();
      TestBed.inject(HttpTestingController).expectNone(({ url }) => url.endsWith('.csv'));
      // There may be another one among those that are still to come.
      TestBed.inject(ContactNames).add(new Map([[bob, 'Bob Turing']]));
      await settle();
      expect(filteredBy()).toBe('turing');
      TestBed.inject(ContactNames).replace(new Map([[alan, 'Alan Turing']]));
      await settle();
      expect(filteredBy()).toBe(alan);
      await later();
      expect(asked().map(({ request }) => request.params.get('peer_number'))).toEqual([alan]);
      const location = TestBed.inject(Location);
      location.back();
      expect(location.path()).toBe('/log');
    });

    it('who is nobody among the contacts, once these are known', async () => {
      TestBed.inject(ContactNames).clear();
      await enter('BANK');
      TestBed.inject(ContactNames).replace(new Map([[ada, 'Ada Lovelace']]));
      await settle();
      expect(asked().map(({ request }) => request.params.get('peer_number'))).toEqual(['BANK']);
    });

    it('and says why nothing is found while the contacts cannot be read', async () => {
      TestBed.inject(ContactNames).clear();
      await enter('turing');
      contactsProblem.set(toProblem(new HttpErrorResponse({ status: 503 })));
      await settle();
      expect(element().querySelector('app-skeleton')).toBeNull();
      expect(element().textContent).toContain('The server has a problem');
      const poll = vi.spyOn(TestBed.inject(Poll), 'now');
      button(logTexts.tryAgain).click();
      expect(poll).toHaveBeenCalledOnce();
    });

    it('and goes on to show that it loads while the connection notice says why', async () => {
      vi.spyOn(TestBed.inject(ConnectionStatusStore), 'isDisconnected').mockReturnValue(true);
      TestBed.inject(ContactNames).clear();
      await enter('turing');
      contactsProblem.set(toProblem(new HttpErrorResponse({ status: 503 })));
      await settle();
      expect(element().querySelector('app-skeleton')).not.toBeNull();
    });

    it('but not somebody who is stored later, and is called like a sender', async () => {
      await enter('BANK');
      TestBed.inject(ContactNames).replace(new Map([[ada, 'Bank of Bern']]));
      await settle();
      expect(filteredBy()).toBe('BANK');
      await later();
      expect(asked().map(({ request }) => request.params.get('peer_number'))).toEqual(['BANK']);
      const status = element().querySelector('select') ?? expect.fail();
      status.value = 'failed';
      status.dispatchEvent(new Event('change'));
      await settle();
      expect(filteredBy()).toBe('BANK');
      await open('/log');
      await enter('BANK');
      expect(filteredBy()).toBe(ada);
    });

    it('and leaves to the API what is a number, or the name of several or of nobody', async () => {
      for (const text of ['a', 'Nobody', '+1 415 555 2671']) {
        await enter(text);
        expect(filteredBy()).toBe(text);
      }
    });

    const field = (): HTMLInputElement => {
      const found = element().querySelector<HTMLInputElement>('.log-chip--number');
      if (!found) throw new Error('There is no field.');
      return found;
    };
    const suggested = (): string[][] =>
      [...(field().list?.options ?? [])].map(({ value, label }) => [value, label]);

    /** Once it would have asked. */
    async function later(): Promise<void> {
      await vi.advanceTimersByTimeAsync(1000);
      await settle();
    }

    async function type(text: string): Promise<void> {
      field().value = text;
      field().dispatchEvent(new Event('input'));
      await settle();
    }

    async function enter(text: string): Promise<void> {
      await type(text);
      field().dispatchEvent(new Event('change'));
      await settle();
    }

    const filteredBy = (): string | null =>
      new URL(TestBed.inject(Router).url, 'https://example.com').searchParams.get('number');
  });

  async function open(url: string): Promise<void> {
    await page.navigateByUrl(url);
    await settle();
  }

  const element = (): HTMLElement => page.fixture.nativeElement as HTMLElement;
  const rows = (): number => element().querySelectorAll('app-log-row').length;

  function button(text: string): HTMLButtonElement {
    const found = [...element().querySelectorAll('button')].find(
      ({ textContent }) => textContent.trim() === text,
    );
    if (!found) throw new Error(`No button says ${text}.`);
    return found;
  }

  const asked = () =>
    TestBed.inject(HttpTestingController).match(({ url }) => url === '/api/messages');

  async function answer(newest: number, oldest: number, next?: string): Promise<void> {
    const [request] = asked();
    request?.flush(messages(oldest, newest), { headers: link(next) });
    await settle();
  }

  async function answerEmpty(): Promise<number> {
    const [request] = asked();
    request?.flush([], { headers: link('m0000') });
    await settle();
    return request ? 1 : 0;
  }

  function link(next: string | undefined): Record<string, string> {
    return next === undefined ? {} : { Link: `</api/messages?before=${next}>; rel="next"` };
  }

  async function settle(): Promise<void> {
    for (let times = 0; times < 3; times += 1) await api.settle();
  }
});
