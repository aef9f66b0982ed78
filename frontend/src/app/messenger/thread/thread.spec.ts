import { HttpTestingController } from '@angular/common/http/testing';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { Router, provideRouter } from '@angular/router';
import { RANDOM } from '../../api/backoff';
import { IS_REACHABLE } from '../../api/loopback';
import { Message } from '../../api/models';
import { MessageActions } from '../../messages/message-actions';
import { OutboxStore } from '../../messages/outbox/outbox-store';
import { Thread } from './thread';
import { MessageCache } from '../../messages/cache/message-cache';
import { MessageSync } from '../../messages/message-sync';
import { FakeApi, FakeCache, FakeUnread, messages, setUpMessages } from '../../messages/testing';
import { StatusAnnouncer } from '../../messages/status-announcer';
import { toThreadMessages } from '../../messages/thread-messages';
import { UnreadStore } from '../../messages/unread-store';
import { SHOWN_AFTER_MS } from '../../ui/has-lasted';

const PEER = '+14155552671';
/** 1, 3, 7, 15 and 31 seconds after the first, at the soonest: that is what chance makes of it here. */
const RETRIES_IN_A_MINUTE = 5;

interface Inputs {
  readonly at?: string;
  readonly day?: string;
  readonly selected?: string;
}

type Answer = (calls: number) => { status: number; headers?: Record<string, string> };

/** What this DOM does not have. */
class FakeIntersections {
  static readonly all: FakeIntersections[] = [];

  constructor(
    private readonly run: IntersectionObserverCallback,
    private readonly options?: IntersectionObserverInit,
  ) {
    FakeIntersections.all.push(this);
  }

  /** Those of edges at which a page is loaded. */
  static get edges(): readonly FakeIntersections[] {
    return FakeIntersections.all.filter(({ options }) => options !== undefined);
  }

  static reach(isIntersecting = true): void {
    const entries = [{ isIntersecting }] as IntersectionObserverEntry[];
    for (const { run } of [...this.all]) run(entries, {} as IntersectionObserver);
  }

  observe(): void {
    // The test says what is near.
  }

  disconnect(): void {
    FakeIntersections.all.splice(FakeIntersections.all.indexOf(this), 1);
  }
}

/** What the menu is about, once it is loaded and open. */
function shownMenu(thread: HTMLElement): Promise<Element> {
  return vi.waitFor(() => {
    // This DOM loads no stylesheets.
    for (const link of document.head.querySelectorAll('link'))
      link.dispatchEvent(new Event('load'));
    const about = thread.querySelector('.message-menu__about');
    if (!about) throw new Error('The menu is not open.');
    return about;
  });
}

describe('Thread', () => {
  let api: FakeApi;
  let cache: FakeCache;
  let isOnline: boolean;
  let visibility: DocumentVisibilityState;

  beforeEach(() => {
    localStorage.clear();
    isOnline = true;
    visibility = 'visible';
    vi.stubGlobal('IntersectionObserver', FakeIntersections);
    vi.spyOn(navigator, 'onLine', 'get').mockImplementation(() => isOnline);
    vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
    cache = new FakeCache();
    api = setUpMessages(
      ...[OutboxStore, MessageActions, provideRouter([])],
      { provide: MessageCache, useValue: cache },
      { provide: RANDOM, useValue: () => 0 },
      { provide: IS_REACHABLE, useValue: () => isOnline },
    );
  });

  afterEach(() => {
    api.end();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    FakeIntersections.all.length = 0;
    localStorage.clear();
  });

  it('is requested a few times a minute while every response is a 503', async () => {
    open();
    const calls = await count(60, () => ({ status: 503 }));
    expect([...calls.keys()].sort()).toEqual(['conversations', 'thread']);
    for (const times of calls.values()) expect(times).toBe(1 + RETRIES_IN_A_MINUTE);
  });

  it('is requested as rarely around a message', async () => {
    open({ at: 'm1' });
    const calls = await count(60, () => ({ status: 503 }));
    expect(calls.get('thread')).toBe(1 + RETRIES_IN_A_MINUTE);
  });

  it('is requested once while there is no network', async () => {
    open();
    isOnline = false;
    const calls = await count(600, () => ({ status: 0 }));
    for (const times of calls.values()) expect(times).toBe(1);
    isOnline = true;
    window.dispatchEvent(new Event('online'));
    expect((await count(1, () => ({ status: 503 }))).get('thread')).toBe(1);
  });

  it('is not requested again while the page is hidden', async () => {
    open();
    await count(0, () => ({ status: 503 }));
    visibility = 'hidden';
    document.dispatchEvent(new Event('visibilitychange'));
    expect(await count(3600, () => ({ status: 503 }))).toEqual(new Map());
  });

  it('is requested no sooner than Retry-After says', async () => {
    open();
    const calls = await count(119, () => ({ status: 429, headers: { 'Retry-After': '120' } }));
    for (const times of calls.values()) expect(times).toBe(1);
    expect((await count(2, () => ({ status: 429 }))).get('thread')).toBe(1);
  });

  it.each([404, 422])(
    'is requested once if the response is %d, and again on demand',
    async (status) => {
      const nativeElement = open();
      expect((await count(600, () => ({ status }))).get('thread')).toBe(1);
      button(nativeElement, 'Try again').click();
      expect((await count(600, () => ({ status }))).get('thread')).toBe(1);
    },
  );

  it('shows the problem while it retries, and stops once it succeeds', async () => {
    const nativeElement = open();
    await api.settle();
    expect(nativeElement.textContent).toContain('Loading messages…');
    await count(5, () => ({ status: 503 }));
    expect(nativeElement.textContent).toContain('The server has a problem at the moment.');
    expect(nativeElement.textContent).not.toContain('Loading');
    button(nativeElement, 'Try again').click();
    await api.settle();
    api.answerThread(messages(1, 3));
    await api.settle();
    expect(nativeElement.textContent).not.toContain('The server has a problem');
    expect(nativeElement.querySelectorAll('app-message-bubble')).toHaveLength(3);
    expect((await count(600, () => ({ status: 503 }))).get('thread')).toBeUndefined();
  });

  it('scrolls to the message of its URL again when that link is chosen again', async () => {
    const router = TestBed.inject(Router);
    router.resetConfig([{ path: '**', children: [] }]);
    await router.navigateByUrl('/messages/x?at=m0002');
    const scrolled = vi.fn();
    Element.prototype.scrollIntoView = scrolled;
    const nativeElement = open({ at: 'm0002' });
    await api.settle();
    api.answerThread(messages(1, 3));
    await api.settle();
    const bubble = nativeElement.ownerDocument.getElementById('message-m0002');
    scrolled.mockClear();
    await router.navigateByUrl('/messages/x?at=m0002');
    await api.settle();
    await api.settle();
    expect(scrolled.mock.contexts[0]).toBe(bubble);
    scrolled.mockClear();
    await router.navigateByUrl('/messages/x?at=m0002&details=m0002');
    await api.settle();
    await api.settle();
    expect(scrolled).not.toHaveBeenCalled();
  });

  describe('near the oldest loaded message', () => {
    it('loads the page before it, once, and the next one if it is still near', async () => {
      open();
      await api.settle();
      api.answer(api.expectThread(), messages(9, 12), { total: 12, next: true });
      await api.settle();
      FakeIntersections.reach();
      FakeIntersections.reach();
      await api.settle();
      api.answer(api.expectThread(), messages(5, 8), { total: 12, next: true });
      await api.settle();
      FakeIntersections.reach();
      await api.settle();
      api.answer(api.expectThread(), messages(1, 4), { total: 12 });
      await api.settle();
      expect(FakeIntersections.edges).toHaveLength(0);
    });

    it('has a button while loading fails, and does not load by itself then', async () => {
      const nativeElement = open();
      await api.settle();
      api.answer(api.expectThread(), messages(9, 12), { total: 12, next: true });
      await api.settle();
      FakeIntersections.reach();
      await api.settle();
      api.expectThread().flush(null, { status: 503, statusText: 'No' });
      await api.settle();
      FakeIntersections.reach();
      await api.settle();
      button(nativeElement, 'Load older').click();
      await api.settle();
      api.answer(api.expectThread(), messages(1, 8), { total: 12 });
      await api.settle();
      expect(nativeElement.querySelectorAll('app-message-bubble')).toHaveLength(12);
      expect(nativeElement.textContent).not.toContain('Load older');
    });
  });

  it('shows the message whose details its URL opens, however far back', async () => {
    const scrolled = vi.fn();
    Element.prototype.scrollIntoView = scrolled;
    const nativeElement = open({ selected: 'm0002' });
    await api.settle();
    const request = api.expectThread();
    expect(request.request.params.get('around')).toBe('m0002');
    api.answer(request, messages(1, 3), { total: 3 });
    await api.settle();
    const bubble = nativeElement.querySelector('#message-m0002');
    expect(bubble?.className).toContain('message-bubble--selected');
    expect(scrolled.mock.contexts).toContain(bubble);
  });

  it('has a menu that says what status the message has by now', async () => {
    HTMLDialogElement.prototype.showModal = vi.fn();
    const nativeElement = open();
    await api.settle();
    const [message] = messages(1, 1);
    api.answerThread(message ? [message] : []);
    await api.settle();
    nativeElement.querySelector<HTMLElement>('.message-bubble__menu')?.click();
    const menu = await shownMenu(nativeElement);
    expect(menu.textContent).toContain('Queued');
    const delivered = { ...message, status: 'delivered', version: 2 } as Message;
    TestBed.inject(MessageSync).applyChanges([delivered]);
    await api.settle();
    expect(menu.textContent).toContain('Delivered');
  });

  it('has a menu whose items stay where they are while it is open', async () => {
    HTMLDialogElement.prototype.showModal = vi.fn();
    const nativeElement = open();
    await api.settle();
    const [sent, refused] = messages(1, 2) as [Message, Message];
    const failed = { status: 'failed', error_code: 30003, explanation: null };
    api.answerThread([{ ...refused, ...failed }, sent]);
    await api.settle();
    const items = () =>
      Array.from(nativeElement.querySelectorAll('.message-menu__item'), ({ textContent }) =>
        textContent.trim(),
      );
    const press = async (index: number) => {
      nativeElement.querySelectorAll<HTMLElement>('.message-bubble__menu')[index]?.click();
      await shownMenu(nativeElement);
      await api.settle();
    };
    await press(0);
    const before = items();
    expect(before).not.toContain('Edit and resend');
    TestBed.inject(MessageSync).applyChanges([{ ...sent, ...failed, version: 2 }]);
    await api.settle();
    expect(items()).toEqual(before);

    await press(1);
    expect(items()).toContain('Edit and resend');
    const withRepeat = items();
    const sentAfterAll = { ...refused, status: 'delivered', version: 3 };
    TestBed.inject(MessageSync).applyChanges([sentAfterAll]);
    await api.settle();
    expect(items()).toEqual(withRepeat);
    const edit = Array.from(nativeElement.querySelectorAll('.message-menu__item')).find(
      ({ textContent }) => textContent.trim() === 'Edit and resend',
    );
    expect(edit?.getAttribute('aria-disabled')).toBe('true');
  });

  it('leaves the conversation before it marks it as unread', async () => {
    HTMLDialogElement.prototype.showModal = vi.fn();
    HTMLDialogElement.prototype.close = vi.fn();
    const unread = TestBed.inject(UnreadStore) as unknown as FakeUnread;
    const router = TestBed.inject(Router);
    const navigate = vi.spyOn(router, 'navigate').mockImplementation(() => {
      expect(unread.marked).toEqual([]);
      return Promise.resolve(true);
    });
    const nativeElement = open();
    await api.settle();
    const [sent, received] = messages(1, 2);
    api.answerThread([
      ...(received ? [{ ...received, direction: 'inbound' as const, status: 'received' }] : []),
      ...(sent ? [sent] : []),
    ]);
    await api.settle();
    await api.settle();
    const openMenu = async (index: number) => {
      nativeElement.querySelectorAll<HTMLElement>('.message-bubble__menu')[index]?.click();
      await shownMenu(nativeElement);
      await api.settle();
      return [...nativeElement.querySelectorAll<HTMLElement>('.message-menu__item')].find(
        ({ textContent }) => textContent.trim() === 'Mark as unread',
      );
    };
    expect(await openMenu(0)).toBeUndefined();
    (await openMenu(1))?.click();
    await api.settle();
    expect(navigate).toHaveBeenCalledExactlyOnceWith(['/messages'], { queryParams: {} });
    expect(unread.marked).toEqual([`${PEER} unread`]);
  });

  describe('from a day on', () => {
    // Of the time zone of the browser: the messages are of that day.
    const [first] = messages(101, 101) as [Message];
    const day = new Date(first.created_at).toLocaleDateString('sv');
    const status = (element: HTMLElement) =>
      element.querySelector('.thread__search-status')?.textContent ?? '';
    const jump = (element: ComponentFixture<Thread>, to?: string) => {
      element.componentRef.setInput('day', to);
      return api.settle();
    };

    async function start(): Promise<ComponentFixture<Thread>> {
      api.start();
      const fixture = make({});
      await api.settle();
      api.answer(api.expectThread(), messages(151, 200), { total: 200, next: true });
      await api.settle();
      return fixture;
    }

    it('says what it waits for, and why', async () => {
      const fixture = await start();
      const nativeElement = fixture.nativeElement as HTMLElement;
      await jump(fixture, day);
      expect(status(nativeElement)).toBe('Looking for that day…');
      api.expectThread().flush(null, { status: 503, statusText: 'No' });
      await api.settle();
      expect(status(nativeElement)).not.toContain('Looking');
      expect(status(nativeElement)).not.toBe('');
      await vi.advanceTimersByTimeAsync(1_000);
      api.answer(api.expectThread(), messages(1, 100), { total: 200, prev: true });
      await api.settle();
      expect(status(nativeElement)).toBe('');
      expect(document.activeElement?.id).toBe('message-m0001');
    });

    it('shows the newest messages once the day is left', async () => {
      const fixture = await start();
      await jump(fixture, day);
      api.answer(api.expectThread(), messages(1, 100), { total: 200, prev: true });
      await api.settle();
      await jump(fixture);
      api.answer(api.expectThread(), messages(151, 200), { total: 200, next: true });
      await api.settle();
      const nativeElement = fixture.nativeElement as HTMLElement;
      expect(nativeElement.querySelector('#message-m0200')).not.toBeNull();
      expect(status(nativeElement)).toBe('');
    });

    it('moves nobody who has gone on, and takes no focus from writing', async () => {
      const fixture = await start();
      await jump(fixture, day);
      const request = api.expectThread();
      await jump(fixture);
      api.answer(request, messages(1, 100), { total: 200, prev: true });
      await api.settle();
      expect(document.activeElement).toBe(document.body);
      api.answer(api.expectThread(), messages(151, 200), { total: 200, next: true });
      await api.settle();

      const text = document.body.appendChild(document.createElement('textarea'));
      text.value = 'Half a wo';
      text.focus();
      await jump(fixture, day);
      api.answer(api.expectThread(), messages(1, 100), { total: 200, prev: true });
      await api.settle();
      expect(document.activeElement).toBe(text);
      text.remove();
    });

    it('ignores what is no day', async () => {
      api.start();
      const nativeElement = create({ day: 'soon' });
      await api.settle();
      api.answer(api.expectThread(), messages(1, 3), { total: 3 });
      await api.settle();
      expect(status(nativeElement)).toBe('');
    });
  });

  it('tells whose conversation is shown, until it is left', () => {
    const { shown } = TestBed.inject(StatusAnnouncer);
    const fixture = TestBed.createComponent(Thread);
    for (const peer of [PEER, '+442079460958']) {
      fixture.componentRef.setInput('peer', peer);
      fixture.detectChanges();
      expect(shown()).toBe(peer);
    }
    fixture.destroy();
    expect(shown()).toBeUndefined();
  });

  describe('with a cache', () => {
    const STALE = 'These messages may be out of date.';
    const bubbles = (element: HTMLElement) =>
      [...element.querySelectorAll('app-message-bubble')].map(({ textContent }) => textContent);

    beforeEach(() => {
      const page = { rows: messages(1, 2), total: 9, hasMore: true, hasNewer: false };
      cache.cached.set(PEER, toThreadMessages(page));
    });

    it('shows what is cached until the API has answered, and then the same elements', async () => {
      const nativeElement = open();
      await api.settle();
      await api.settle();
      expect(bubbles(nativeElement)).toHaveLength(2);
      expect(nativeElement.textContent).not.toMatch(/Load|out of date/);
      await vi.advanceTimersByTimeAsync(SHOWN_AFTER_MS);
      await api.settle();
      expect(nativeElement.textContent).toContain(STALE);
      // Screen readers hear "Connecting…" from the connection notice.
      expect(nativeElement.querySelector('[role=status]')).toBeNull();
      const newest = nativeElement.querySelector('#message-m0002');
      api.answer(api.expectThread(), messages(2, 3), { total: 10, next: true });
      await api.settle();
      expect(bubbles(nativeElement).join()).toMatch(/Message 2.*Message 3/s);
      expect(nativeElement.querySelector('#message-m0002')).toBe(newest);
      expect(nativeElement.textContent).not.toContain(STALE);
      expect(FakeIntersections.edges).toHaveLength(1);
    });

    it('is out of date if the page is up to date and this conversation is not yet', async () => {
      const nativeElement = open();
      await api.settle();
      const request = api.expectThread();
      await api.answerConversations([]);
      await api.answerChanges(api.expectChanges(), []);
      await vi.advanceTimersByTimeAsync(SHOWN_AFTER_MS);
      await api.settle();
      expect(nativeElement.querySelector('[role=status]')?.textContent).toBe(STALE);
      api.answer(request, messages(1, 3), {});
      await api.settle();
      expect(nativeElement.querySelector('[role=status]')).toBeNull();
    });

    it('is out of date after the computer was asleep, until a poll succeeds', async () => {
      const nativeElement = open();
      await api.settle();
      api.answerThread(messages(1, 3));
      await api.answerConversations([]);
      await api.answerChanges(api.expectChanges(), []);
      vi.setSystemTime(Date.now() + 3600_000);
      document.dispatchEvent(new Event('visibilitychange'));
      await api.settle();
      expect(nativeElement.textContent).not.toContain(STALE);
      await vi.advanceTimersByTimeAsync(SHOWN_AFTER_MS);
      await api.settle();
      expect(nativeElement.textContent).toContain(STALE);
      await api.answerChanges(api.expectChanges(), []);
      expect(nativeElement.textContent).not.toContain(STALE);
    });

    it('leaves it to the connection notice to say that there is no connection', async () => {
      isOnline = false;
      window.dispatchEvent(new Event('offline'));
      const nativeElement = open();
      await api.settle();
      await vi.advanceTimersByTimeAsync(SHOWN_AFTER_MS);
      await api.settle();
      expect(bubbles(nativeElement)).toHaveLength(2);
      expect(nativeElement.textContent).not.toContain(STALE);
    });

    it('shows nothing of it while the page is up to date', async () => {
      api.start();
      await api.settle();
      await api.answerConversations([]);
      await api.answerChanges(api.expectChanges(), []);
      const nativeElement = create();
      await api.settle();
      await api.settle();
      expect(bubbles(nativeElement)).toEqual([]);
      expect(nativeElement.textContent).toContain('Loading messages…');
    });

    it('keeps it while the API has problems, and can be asked for again', async () => {
      const nativeElement = open();
      await api.settle();
      await count(1, () => ({ status: 404 }));
      expect(bubbles(nativeElement)).toHaveLength(2);
      expect(button(nativeElement, 'Try again')).toBeDefined();
    });
  });

  describe('marks the conversation as read', () => {
    let unread: FakeUnread;

    beforeEach(async () => {
      unread = TestBed.inject(UnreadStore) as unknown as FakeUnread;
      unread.counts.set({ [PEER]: 2 });
      open();
      await api.settle();
    });

    async function load(page: { prev?: boolean } = {}): Promise<void> {
      api.answerThread(messages(1, 3), page);
      await api.settle();
      await api.settle();
    }

    async function see(isNewestInSight: boolean): Promise<void> {
      FakeIntersections.reach(isNewestInSight);
      await api.settle();
    }

    async function turn(to: DocumentVisibilityState): Promise<void> {
      visibility = to;
      document.dispatchEvent(new Event('visibilitychange'));
      await api.settle();
    }

    it('once its newest message is on the screen, and each time that more comes in', async () => {
      await see(true);
      expect(unread.marked).toEqual([]);
      await load();
      expect(unread.marked).toEqual([]);
      await see(true);
      expect(unread.marked).toEqual([`${PEER} read`]);
      unread.counts.set({ [PEER]: 1 });
      await api.settle();
      expect(unread.marked).toHaveLength(2);
    });

    it('not while the user reads further up', async () => {
      await load();
      await see(false);
      expect(unread.marked).toEqual([]);
      await see(true);
      expect(unread.marked).toEqual([`${PEER} read`]);
    });

    it('not while newer messages are not loaded', async () => {
      await load({ prev: true });
      await see(true);
      expect(unread.marked).toEqual([]);
    });

    it('not while the page is hidden', async () => {
      await turn('hidden');
      await load();
      await see(true);
      expect(unread.marked).toEqual([]);
      await turn('visible');
      expect(unread.marked).toEqual([`${PEER} read`]);
    });

    it('and no other one', async () => {
      unread.counts.set({ '+442079460958': 2 });
      await load();
      await see(true);
      expect(unread.marked).toEqual([]);
    });
  });

  it('shows where what is unread begins, for as long as it is open', async () => {
    const unread = TestBed.inject(UnreadStore) as unknown as FakeUnread;
    unread.counts.set({ [PEER]: 2 });
    const inbound = messages(1, 4).map((message) => ({
      ...message,
      ...({ direction: 'inbound', status: 'received' } as const),
    }));
    const [newest, ...others] = inbound;
    const nativeElement = open();
    const divided = () =>
      [...nativeElement.querySelectorAll('.message-group__new')].map(
        ({ nextElementSibling }) => nextElementSibling?.textContent.match(/Message \d/)?.[0],
      );
    await api.settle();
    api.answerThread(others);
    await api.settle();
    await api.settle();
    expect(divided()).toEqual(['Message 2']);
    FakeIntersections.reach();
    await api.settle();
    expect(unread.marked).toHaveLength(1);
    TestBed.inject(MessageSync).applyChanges(newest ? [newest] : []);
    unread.counts.set({ [PEER]: 1 });
    await api.settle();
    expect(nativeElement.textContent).toContain('Message 4');
    expect(divided()).toEqual(['Message 2']);
  });

  it('marks nothing as read of which it shows only what is cached', async () => {
    cache.cached.set(
      PEER,
      toThreadMessages({ rows: messages(1, 2), total: 2, hasMore: false, hasNewer: false }),
    );
    const unread = TestBed.inject(UnreadStore) as unknown as FakeUnread;
    unread.counts.set({ [PEER]: 1 });
    const nativeElement = open();
    await api.settle();
    await api.settle();
    expect(nativeElement.querySelectorAll('app-message-bubble')).toHaveLength(2);
    FakeIntersections.reach();
    await api.settle();
    expect(unread.marked).toEqual([]);
    api.answerThread(messages(1, 3));
    await api.settle();
    await api.settle();
    expect(unread.marked).toEqual([]);
    FakeIntersections.reach();
    await api.settle();
    expect(unread.marked).toEqual([`${PEER} read`]);
  });

  function open(inputs: Inputs = {}): HTMLElement {
    api.start();
    return create(inputs);
  }

  function create(inputs: Inputs = {}): HTMLElement {
    return make(inputs).nativeElement as HTMLElement;
  }

  function make(inputs: Inputs): ComponentFixture<Thread> {
    const fixture = TestBed.createComponent(Thread);
    fixture.componentRef.setInput('peer', PEER);
    for (const [name, value] of Object.entries(inputs)) fixture.componentRef.setInput(name, value);
    document.body.append(fixture.nativeElement as HTMLElement);
    fixture.autoDetectChanges();
    return fixture;
  }

  /** How often what is asked for within so many seconds, if this is always the answer. */
  async function count(seconds: number, answer: Answer): Promise<Map<string, number>> {
    const http = TestBed.inject(HttpTestingController);
    const calls = new Map<string, number>();
    for (let step = 0; step <= seconds * 2; step++) {
      if (step > 0) await vi.advanceTimersByTimeAsync(500);
      await api.settle();
      for (const request of http.match(() => true)) {
        if (request.cancelled) continue;
        const { params, url } = request.request;
        const name = params.has('peer_number') ? 'thread' : (url.split('/').at(-1) ?? '');
        calls.set(name, (calls.get(name) ?? 0) + 1);
        const { status, headers = {} } = answer(calls.get(name) ?? 0);
        if (status === 0) request.error(new ProgressEvent('error'));
        else request.flush(null, { status, statusText: 'No', headers });
      }
      await api.settle();
    }
    return calls;
  }
});

function button(element: HTMLElement, name: string): HTMLButtonElement {
  const found = [...element.querySelectorAll('button')].find(
    ({ textContent }) => textContent.trim() === name,
  );
  if (!found) throw new Error(`There is no button ${name}`);
  return found;
}
