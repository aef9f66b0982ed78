import { TestBed } from '@angular/core/testing';
import { Message } from '../api/models';
import { MAX_MESSAGES } from './thread-messages';
import { MAX_THREADS, ThreadsStore } from './threads-store';
import { MessageCache } from './cache/message-cache';
import { FakeApi, FakeCache, aMinuteAfter, deleted, messages, setUpMessages } from './testing';
import { toThreadMessages } from './thread-messages';

const PEER = '+14155552671';
/** As many as there are in the conversation. */
const ALL = 20_000;

describe('ThreadsStore', () => {
  let api: FakeApi;
  let cache: FakeCache;
  let store: ThreadsStore;
  const loaded = () => store.thread(PEER).loaded;
  const ends = () =>
    [loaded()?.messages[0], loaded()?.messages.at(-1)].map((message) => message?._id);

  const find = (number: number) => loaded()?.messages.find(({ _id }) => _id === idOf(number));
  const delivered = (message: Message): Message => ({
    ...message,
    status: 'delivered',
    version: 2,
  });

  beforeEach(() => {
    cache = new FakeCache();
    api = setUpMessages({ provide: MessageCache, useValue: cache });
    store = TestBed.inject(ThreadsStore);
  });

  afterEach(() => {
    api.end();
  });

  it('shows a message far back after one request', async () => {
    await open();
    const opening = store.openAt(PEER, 'm5000');
    const request = api.expectThread();
    expect(request.request.params.get('around')).toBe('m5000');
    expect(request.request.params.get('limit')).toBe('100');
    answer(request, 4951, 5050);
    expect(await opening).toBe(true);
    expect(ends()).toEqual(['m5050', 'm4951']);
    expect(loaded()).toMatchObject({ hasOlder: true, hasNewer: true, total: ALL });
    expect(await store.openAt(PEER, 'm5001')).toBe(true);
    api.expectNoCall();
  });

  it('holds a few pages at most, without a gap, however far the user pages', async () => {
    await open();
    let oldest = ALL - 49;
    for (let page = 0; page < 12; page++) {
      const loading = store.loadOlder(PEER);
      const request = api.expectThread();
      expect(request.request.params.get('before')).toBe(idOf(oldest));
      answer(request, oldest - 100, oldest - 1);
      await loading;
      oldest -= 100;
      expectNoGap();
    }
    expect(loaded()?.hasNewer).toBe(true);
    let newest = Number(loaded()?.messages[0]?._id.slice(1));
    while (loaded()?.hasNewer) {
      const loading = store.loadNewer(PEER);
      const request = api.expectThread();
      expect(request.request.params.get('after')).toBe(idOf(newest));
      answer(request, newest + 1, Math.min(newest + 100, ALL));
      await loading;
      newest = Math.min(newest + 100, ALL);
      expectNoGap();
    }
    expect(ends()[0]).toBe(idOf(ALL));
  });

  it('goes back to the newest with one request', async () => {
    const opening = store.openAt(PEER, 'm5000');
    answer(api.expectThread(), 4951, 5050);
    await opening;
    const going = store.loadNewest(PEER);
    answer(api.expectThread(), ALL - 49, ALL);
    await going;
    expect(ends()).toEqual([idOf(ALL), idOf(ALL - 49)]);
    await store.loadNewest(PEER);
    api.expectNoCall();
  });

  it('shows the newest messages if a message does not exist', async () => {
    const opening = store.openAt(PEER, 'gone');
    api.expectThread().flush({ code: 'invalid_fields' }, { status: 422, statusText: 'No' });
    await api.settle();
    answer(api.expectThread(), ALL - 49, ALL);
    expect(await opening).toBe(false);
    expect(ends()[0]).toBe(idOf(ALL));
  });

  describe('from a time on', () => {
    const timeOf = (number: number) => new Date(messages(number, number)[0]?.created_at ?? '');

    it('shows the first message, and those before it, after one request', async () => {
      await open();
      const opening = store.openFrom(PEER, timeOf(5000));
      const request = api.expectThread();
      expect(request.request.params.get('around_time')).toBe(timeOf(5000).toISOString());
      answer(request, 4950, 5049);
      expect((await opening)?._id).toBe('m5000');
      expect(loaded()).toMatchObject({ hasOlder: true, hasNewer: true });
      for (const known of [4951, 5049]) {
        expect((await store.openFrom(PEER, timeOf(known)))?._id).toBe(idOf(known));
      }
      api.expectNoCall();
      // There may be an earlier one of that time.
      void store.openFrom(PEER, timeOf(4950));
      answer(api.expectThread(), 4900, 4999);
    });

    it('shows the newest message if there is none', async () => {
      await open();
      expect((await store.openFrom(PEER, timeOf(ALL + 1)))?._id).toBe(idOf(ALL));
      api.expectNoCall();
    });

    it('shows the first message of all if the conversation begins later', async () => {
      const opening = store.openFrom(PEER, timeOf(0));
      answer(api.expectThread(), 1, 50);
      expect((await opening)?._id).toBe('m0001');
      expect((await store.openFrom(PEER, timeOf(-1)))?._id).toBe('m0001');
      api.expectNoCall();
    });

    it('shows no message of a conversation without any', async () => {
      const opening = store.openFrom(PEER, timeOf(1));
      api.answer(api.expectThread(), [], { total: 0 });
      expect(await opening).toBeUndefined();
    });
  });

  it('is in nobody’s way if the conversation that it loads anew cannot be loaded', async () => {
    const opening = store.open(PEER).catch(() => undefined);
    api.expectThread().flush({ code: 'invalid_fields' }, { status: 422, statusText: 'No' });
    await opening;
    store.forget();
    const loading = store.loadFirst();
    api.expectThread().flush({ code: 'invalid_fields' }, { status: 422, statusText: 'No' });
    await loading;
    expect(store.thread(PEER).problem).not.toBe('');
    await store.loadFirst();
    api.expectNoCall();
  });

  it('loads anew again what could not be loaded for a while', async () => {
    await open();
    store.forget();
    const loading = store.loadFirst();
    api.expectThread().flush(null, { status: 503, statusText: 'Later' });
    await expect(loading).rejects.toThrow();
    const again = store.loadFirst();
    answer(api.expectThread(), ALL - 49, ALL);
    await again;
    expect(store.thread(PEER).problem).toBe('');
  });

  it('ignores a page of earlier messages if the messages next to it were dropped meanwhile', async () => {
    await open();
    const loading = store.loadOlder(PEER);
    const request = api.expectThread();
    store.applyChanges(messages(ALL + 1, ALL + MAX_MESSAGES + 100));
    answer(request, ALL - 149, ALL - 50);
    await loading;
    expectNoGap();
  });

  it('keeps what changes while a page of earlier messages is loaded, whose copy is older', async () => {
    await open();
    const loading = store.loadOlder(PEER);
    const request = api.expectThread();
    store.applyChanges(messages(ALL - 60, ALL - 60).map(delivered));
    answer(request, ALL - 149, ALL - 50);
    await loading;
    expect(find(ALL - 60)).toMatchObject({ status: 'delivered', version: 2 });
    expectNoGap();
  });

  it('keeps what changes or arrives while a page of later messages is loaded', async () => {
    const opening = store.openAt(PEER, idOf(ALL - 150));
    answer(api.expectThread(), ALL - 199, ALL - 100);
    await opening;
    const loading = store.loadNewer(PEER);
    const request = api.expectThread();
    store.applyChanges([
      ...messages(ALL + 1, ALL + 1),
      ...messages(ALL - 60, ALL - 60).map(delivered),
    ]);
    answer(request, ALL - 99, ALL);
    await loading;
    expect(find(ALL - 60)).toMatchObject({ status: 'delivered', version: 2 });
    expect(ends()[0]).toBe(idOf(ALL + 1));
    expectNoGap();
  });

  it('drops the conversations that were opened longest ago', async () => {
    await open();
    const others = Array.from({ length: MAX_THREADS }, (_, index) => `+4930901820${index}`);
    for (const [index, peer] of others.entries()) {
      if (index === others.length - 1) await store.open(PEER);
      await open(peer);
    }
    const dropped = others.filter((peer) => store.thread(peer).loaded === undefined);
    expect(dropped).toEqual([others[0]]);
    expect(loaded()).toBeDefined();
  });

  it('ignores a response for a conversation that it has dropped', async () => {
    const loading = store.open(PEER);
    const request = api.expectThread();
    for (let index = 0; index < MAX_THREADS; index++) await open(`+4930901820${index}`);
    answer(request, ALL - 49, ALL);
    await loading;
    expect(loaded()).toBeUndefined();
  });

  it('makes one request at a time for a conversation', async () => {
    const [first, second] = [store.open(PEER), store.open(PEER)];
    answer(api.expectThread(), ALL - 49, ALL);
    await Promise.all([first, second]);
    api.expectNoCall();
  });

  it('rejects with the error, and has the problem until a load succeeds', async () => {
    const opening = store.open(PEER);
    api.expectThread().flush(null, { status: 503, statusText: 'No' });
    await expect(opening).rejects.toMatchObject({ status: 503 });
    expect(store.thread(PEER)).toMatchObject({ loading: false, loaded: undefined });
    expect(store.thread(PEER).problem).not.toBe('');
    await open();
    expect(store.thread(PEER).problem).toBe('');
  });

  it('shows what is cached until the API has answered, which replaces it', async () => {
    cacheThread(ALL - 51, ALL - 2);
    await store.restore(PEER);
    expect(store.thread(PEER)).toMatchObject({ isCached: true, problem: '' });
    expect(ends()).toEqual([idOf(ALL - 2), idOf(ALL - 51)]);
    expect(cache.put.size).toBe(0);
    await open();
    expect(store.thread(PEER).isCached).toBe(false);
    expect(ends()).toEqual([idOf(ALL), idOf(ALL - 49)]);
  });

  it.each([
    ['the newest messages', () => store.open(PEER)],
    ['those around one', () => store.openAt(PEER, idOf(ALL - 10))],
  ])('keeps what changes bring while %s are loaded, and nothing else', async (_, load) => {
    // The oldest has been removed since.
    cacheThread(ALL - 50, ALL - 1);
    await store.restore(PEER);
    const loading = load();
    const request = api.expectThread();
    const [delivered] = messages(ALL, ALL).map((message) => ({
      ...message,
      status: 'delivered',
      updated_at: aMinuteAfter(ALL),
    }));
    const [sent] = messages(ALL + 1, ALL + 1);
    const elsewhere = messages(ALL + 2, ALL + 2).map((m) => ({ ...m, peer_number: '+493090182' }));
    if (!delivered || !sent) throw new Error();
    store.applyChanges([delivered, ...elsewhere]);
    store.applyChanges([sent]);
    answer(request, ALL - 49, ALL);
    await loading;
    expect(loaded()?.messages.slice(0, 2)).toEqual([sent, delivered]);
    expect(ends()).toEqual([idOf(ALL + 1), idOf(ALL - 49)]);
    expect(loaded()?.total).toBe(ALL + 1);
    expect(cache.put.get(PEER)).toBe(loaded());
  });

  it.each([
    ['older', () => store.loadOlder(PEER), 4950],
    ['newer', () => store.loadNewer(PEER), 5051],
  ])(
    'does not show %s messages that are deleted while they are loaded',
    async (_, load, number) => {
      const opening = store.openAt(PEER, 'm5000');
      answer(api.expectThread(), 4951, 5050);
      await opening;
      const loading = load();
      const request = api.expectThread();
      store.applyChanges([deleted(messages(number, number)[0])]);
      if (number < 5000) answer(request, number - 99, number);
      else answer(request, number, number + 99);
      await loading;
      expect(loaded()?.messages).toHaveLength(199);
      expect(loaded()?.messages.map(({ _id }) => _id)).not.toContain(idOf(number));
    },
  );

  it('loads the newest messages if all that it has are deleted', async () => {
    await open();
    store.applyChanges((loaded()?.messages ?? []).map(deleted));
    expect(loaded()).toMatchObject({ messages: [], hasOlder: true });
    const loading = store.loadOlder(PEER);
    const request = api.expectThread();
    expect(request.request.params.has('before')).toBe(false);
    answer(request, ALL - 99, ALL - 50);
    await loading;
    expect(ends()).toEqual([idOf(ALL - 50), idOf(ALL - 99)]);
  });

  it('keeps showing what is cached while loading fails', async () => {
    cacheThread(ALL - 49, ALL);
    await store.restore(PEER);
    const opening = store.open(PEER);
    api.expectThread().flush(null, { status: 503, statusText: 'No' });
    await expect(opening).rejects.toMatchObject({ status: 503 });
    expect(store.thread(PEER)).toMatchObject({ isCached: true, loading: false });
    expect(ends()).toEqual([idOf(ALL), idOf(ALL - 49)]);
  });

  it('does not show what is cached once the API has answered', async () => {
    cacheThread(1, 50);
    let read = (): void => undefined;
    const reading = new Promise<void>((resolve) => (read = resolve));
    const cached = cache.thread(PEER);
    vi.spyOn(cache, 'thread').mockReturnValue(reading.then(() => cached));
    const restoring = store.restore(PEER);
    await open();
    read();
    await restoring;
    expect(ends()[0]).toBe(idOf(ALL));
    await store.restore(PEER);
    expect(store.thread(PEER).isCached).toBe(false);
  });

  it('shows no cached conversation as empty before the API has said so', async () => {
    cache.cached.set(PEER, { messages: [], total: 0, hasOlder: false, hasNewer: false });
    await store.restore(PEER);
    expect(store.thread(PEER)).toMatchObject({ loaded: undefined, isCached: false });
  });

  it('shows what is cached around a message only if it is there, and loads it in any case', async () => {
    cacheThread(ALL - 49, ALL);
    await store.restore(PEER, 'm5000');
    expect(loaded()).toBeUndefined();
    await store.restore(PEER, idOf(ALL - 10));
    expect(store.thread(PEER).isCached).toBe(true);
    const opening = store.openAt(PEER, idOf(ALL - 10));
    answer(api.expectThread(), ALL - 59, ALL);
    expect(await opening).toBe(true);
    expect(store.thread(PEER).isCached).toBe(false);
  });

  it('knows no version of a message that is only cached: its change is nothing new', async () => {
    cacheThread(1, 1);
    await store.restore(PEER);
    const [message] = messages(1, 1);
    if (!message) throw new Error();
    expect(store.find(message)).toBeUndefined();
    store.applyChanges([{ ...message, status: 'sent', updated_at: aMinuteAfter(1) }]);
    expect(loaded()?.messages[0]?.status).toBe('sent');
    expect(cache.put.size).toBe(0);
  });

  it('caches the newest messages with their changes, and tells the cache of all others', async () => {
    await open();
    expect(cache.put.get(PEER)).toBe(loaded());
    store.applyChanges(messages(ALL + 1, ALL + 1));
    expect(cache.put.get(PEER)).toBe(loaded());
    const elsewhere = messages(1, 1).map((message) => ({ ...message, peer_number: '+493090182' }));
    store.applyChanges(elsewhere);
    expect(cache.changes).toEqual([...messages(ALL + 1, ALL + 1), ...elsewhere]);

    const opening = store.openAt(PEER, 'm5000');
    answer(api.expectThread(), 4951, 5050);
    await opening;
    cache.put.clear();
    store.applyChanges(messages(5000, 5000).map((m) => ({ ...m, updated_at: aMinuteAfter(5000) })));
    expect(cache.put.size).toBe(0);
  });

  function cacheThread(from: number, to: number): void {
    const page = { rows: messages(from, to), total: ALL, hasMore: from > 1, hasNewer: false };
    cache.cached.set(PEER, toThreadMessages(page));
  }

  async function open(peer = PEER): Promise<void> {
    const opening = store.open(peer);
    answer(api.expectThread(), ALL - 49, ALL);
    await opening;
  }

  function answer(request: ReturnType<FakeApi['expectThread']>, from: number, to: number) {
    api.answer(request, messages(from, to), { total: ALL, next: from > 1, prev: to < ALL });
  }

  function expectNoGap(): void {
    const ids = loaded()?.messages.map(({ _id }) => Number(_id.slice(1))) ?? [];
    expect(ids.length).toBeLessThanOrEqual(MAX_MESSAGES + 100);
    expect(ids.every((id, index) => id === (ids[0] ?? 0) - index)).toBe(true);
  }
});

function idOf(number: number): string {
  return `m${number}`;
}
