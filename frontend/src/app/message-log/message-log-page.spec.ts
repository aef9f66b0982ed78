import { HttpTestingController } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { Router, provideRouter } from '@angular/router';
import { RouterTestingHarness } from '@angular/router/testing';
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

  beforeEach(async () => {
    vi.stubGlobal('IntersectionObserver', AlwaysInSight);
    api = setUpMessages(UserScope, provideRouter([{ path: 'log', component: MessageLogPage }]));
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

  it('says that new messages are not added while a text is searched for', async () => {
    await open('/log?search=four');
    await answer(10, 8);
    expect(element().textContent).toContain(logTexts.frozen);
    await open('/log?status=failed');
    await answer(10, 8);
    expect(element().textContent).not.toContain(logTexts.frozen);
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
