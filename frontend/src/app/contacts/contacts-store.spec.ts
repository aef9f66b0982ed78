import { provideHttpClient } from '@angular/common/http';
import {
  HttpTestingController,
  TestRequest,
  provideHttpClientTesting,
} from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { Subject, of } from 'rxjs';
import { Contact } from '../api/models';
import { ContactNames } from '../phone-numbers/contact-names';
import { SessionStore } from '../session/session-store';
import { ContactsClient } from './contacts-client';
import { ContactsStore } from './contacts-store';

const ADA = '+14155552671';
const BOB = '+14155552672';
const NEXT = '</api/contacts/changes?since=0&position=7.14155552671>; rel="next"';
const HALF_A_DAY_MS = 12 * 3600 * 1000;

function contact(
  number: string,
  name: string,
  version = 1,
  deleted_at: string | null = null,
): Contact {
  const at = '2026-11-22T12:00:00.000Z';
  const known = { note: '', labels: [], consent: null, created_at: at, updated_at: at };
  return { number, name, version, deleted_at, ...known };
}

describe('ContactsStore', () => {
  const changes = new Subject<void>();
  let http: HttpTestingController;
  let names: ContactNames;
  let store: ContactsStore;

  beforeEach(() => {
    vi.useFakeTimers();
    TestBed.configureTestingModule({
      providers: [
        ContactsClient,
        ContactsStore,
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: SessionStore, useValue: { statusChanges: of('signed-in') } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    names = TestBed.inject(ContactNames);
    store = TestBed.inject(ContactsStore);
    store.start(changes);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  async function expectRequest(): Promise<TestRequest> {
    await vi.advanceTimersByTimeAsync(300);
    return http.expectOne(({ url }) => url.endsWith('/api/contacts/changes'));
  }

  async function answer(
    request: TestRequest,
    contacts: Contact[],
    revision: number,
    headers: Record<string, string> = {},
  ): Promise<void> {
    request.flush(contacts, {
      headers: { 'X-Revision': `${revision}`, ETag: 'W/"1"', ...headers },
    });
    await vi.advanceTimersByTimeAsync(0);
    TestBed.tick();
  }

  function shown(): string[] {
    return [ADA, BOB].map((number) => names.find(number) ?? '');
  }

  it('reads all pages, and then what changes', async () => {
    const first = await expectRequest();
    expect(first.request.params.get('since')).toBe('0');
    expect(first.request.params.get('limit')).toBe('500');
    await answer(first, [contact(ADA, 'Ada')], 9, { Link: NEXT });
    const second = await expectRequest();
    expect(second.request.params.get('position')).toBe('7.14155552671');
    await answer(second, [contact(BOB, 'Bob')], 12);
    expect(shown()).toEqual(['Ada', 'Bob']);

    changes.next();
    const third = await expectRequest();
    expect(third.request.params.get('since')).toBe('9');
    await answer(third, [contact(ADA, 'Ada Lovelace', 2), contact(BOB, '', 2, 'now')], 14);
    expect(shown()).toEqual(['Ada Lovelace', '']);
  });

  it('knows the names of each page as it comes, and all only with the last', async () => {
    names.restore(new Map([[BOB, 'Bob']]));
    await answer(await expectRequest(), [contact(ADA, 'Ada')], 9, { Link: NEXT });
    expect(shown()).toEqual(['Ada', 'Bob']);
    expect(store.isKnown()).toBe(false);
    expect(store.all().map(({ name }) => name)).toEqual(['Ada']);
    await answer(await expectRequest(), [], 9);
    expect(shown()).toEqual(['Ada', '']);
    expect(store.isKnown()).toBe(true);
  });

  it('begins again after an interrupted reading, and keeps none that was deleted meanwhile', async () => {
    await answer(await expectRequest(), [contact(ADA, 'Ada')], 9, { Link: NEXT });
    const second = await expectRequest();
    second.flush(null, { status: 503, statusText: 'Service Unavailable' });
    TestBed.tick();
    expect(shown()).toEqual(['Ada', '']);
    expect(store.problem()).toBeDefined();
    await vi.advanceTimersByTimeAsync(3_000);
    const again = await expectRequest();
    expect(again.request.params.get('since')).toBe('0');
    expect(again.request.params.has('position')).toBe(false);
    await answer(again, [contact(BOB, 'Bob')], 12);
    expect(shown()).toEqual(['', 'Bob']);
    expect(store.problem()).toBeUndefined();
  });

  it('has a problem until all pages are read', async () => {
    (await expectRequest()).flush(null, { status: 503, statusText: 'Service Unavailable' });
    await vi.advanceTimersByTimeAsync(3_000);
    await answer(await expectRequest(), [contact(ADA, 'Ada')], 9, { Link: NEXT });
    expect(store.problem()).toBeDefined();
    await answer(await expectRequest(), [contact(BOB, 'Bob')], 9);
    expect(store.problem()).toBeUndefined();
  });

  it('keeps what was changed here while all were read', async () => {
    await answer(await expectRequest(), [contact(ADA, 'Ada')], 9, { Link: NEXT });
    store.apply(contact(ADA, 'Ada Lovelace', 2));
    store.apply(contact(BOB, 'Bob'));
    await answer(await expectRequest(), [], 9);
    expect(shown()).toEqual(['Ada Lovelace', 'Bob']);

    // Of another reading, it is a part.
    vi.setSystemTime(Date.now() + HALF_A_DAY_MS + 1);
    changes.next();
    await answer(await expectRequest(), [contact(ADA, 'Ada King', 3)], 11);
    expect(shown()).toEqual(['Ada King', '']);
  });

  it('does not bring back who was deleted here by an answer from before', async () => {
    await answer(await expectRequest(), [contact(ADA, 'Ada'), contact(BOB, 'Bob')], 9);
    changes.next();
    const late = await expectRequest();
    store.apply(contact(ADA, 'Ada Lovelace', 2));
    store.drop(ADA);
    store.drop(BOB);
    // One of them was stored again elsewhere.
    await answer(late, [contact(ADA, 'Ada Lovelace', 2), contact(BOB, 'Bob Turing', 3)], 11);
    expect(shown()).toEqual(['', 'Bob Turing']);
  });

  it('asks with an ETag while nothing changes, again after a second, and once a minute', async () => {
    await answer(await expectRequest(), [contact(ADA, 'Ada', 3)], 9);
    changes.next();
    await answer(await expectRequest(), [], 9);
    await vi.advanceTimersByTimeAsync(1000);
    const again = await expectRequest();
    expect(again.request.headers.get('If-None-Match')).toBe('W/"1"');
    again.flush(null, { status: 304, statusText: 'Not Modified' });
    await vi.advanceTimersByTimeAsync(59_000);
    http.expectNone(() => true);
    await vi.advanceTimersByTimeAsync(1000);
    await answer(await expectRequest(), [contact(ADA, 'Older', 2)], 10);
    expect(shown()).toEqual(['Ada', '']);
  });

  it('reads all anew if the API may have forgotten what was deleted, or was restored', async () => {
    await answer(await expectRequest(), [contact(ADA, 'Ada'), contact(BOB, 'Bob')], 9);
    vi.setSystemTime(Date.now() + HALF_A_DAY_MS + 1);
    changes.next();
    const anew = await expectRequest();
    expect(anew.request.params.get('since')).toBe('0');
    await answer(anew, [contact(BOB, 'Bob')], 9);
    expect(shown()).toEqual(['', 'Bob']);

    await vi.advanceTimersByTimeAsync(1000);
    await answer(await expectRequest(), [], 3);
    changes.next();
    const restored = await expectRequest();
    expect(restored.request.params.get('since')).toBe('0');
  });

  it('leaves the names that were known before, until it has read all contacts', async () => {
    const before = new Map([[BOB, 'Bob']]);
    names.restore(before);
    (await expectRequest()).flush(null, { status: 503, statusText: 'Service Unavailable' });
    TestBed.tick();
    expect(shown()).toEqual(['', 'Bob']);
    await vi.advanceTimersByTimeAsync(3_000);
    await answer(
      http.expectOne(({ url }) => url.endsWith('/api/contacts/changes')),
      [],
      1,
    );
    expect(shown()).toEqual(['', '']);
  });

  it('forgets the names with its user', async () => {
    await answer(await expectRequest(), [contact(ADA, 'Ada')], 9);
    TestBed.resetTestingModule();
    expect(names.find(ADA)).toBeUndefined();
  });
});
