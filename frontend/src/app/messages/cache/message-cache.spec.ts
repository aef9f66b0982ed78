import 'fake-indexeddb/auto';
import { TestBed } from '@angular/core/testing';
import { openDB } from 'idb';
import { MessageDetail } from '../../api/models';
import { SESSION_KEY, SessionRepository } from '../../session/session-repository';
import { SessionStore } from '../../session/session-store';
import { CACHE_DATABASE, deleteCache } from '../../storage/cache-database';
import { fillStorage } from '../../storage/testing';
import { toThreadMessages } from '../thread-messages';
import { deleted, messages } from '../testing';
import {
  MAX_CACHED_CONVERSATIONS,
  MAX_CACHED_MESSAGES,
  MAX_CACHED_THREADS,
  MAX_CACHE_AGE_MS,
  MessageCache,
} from './message-cache';

const PEER = '+14155552671';
const NOW = Date.UTC(2026, 10, 22, 12);

describe('MessageCache', () => {
  let cache: MessageCache;
  /** Ada alone has one. */
  const names = {
    select: (numbers: readonly string[]) =>
      new Map(numbers.filter((number) => number === PEER).map((number) => [number, 'Ada'])),
  };

  const unread = {
    select: (numbers: readonly string[]) => ({
      counts: new Map(numbers.map((number) => [number, number === PEER ? 2 : 0])),
      muted: new Set(numbers.filter((number) => number === PEER)),
    }),
  };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    vi.stubGlobal('indexedDB', new IDBFactory());
    localStorage.clear();
    load('ada');
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    vi.useRealTimers();
    localStorage.clear();
  });

  it('has the newest messages and the first conversations after a reload', async () => {
    const [peers, all] = [MAX_CACHED_CONVERSATIONS + 1, messages(1, MAX_CACHED_MESSAGES + 1)];
    const rows = messages(1, peers).map((last, index) => ({ peer: index ? last._id : PEER, last }));
    await cache.putConversations({ rows, hasMore: false }, names, unread);
    await cache.putThread(PEER, NOW, thread(all));
    load('ada');
    expect(await cache.conversations()).toMatchObject({
      conversations: { rows: rows.slice(0, -1), hasMore: true },
      names: new Map([[PEER, 'Ada']]),
      unread: { muted: new Set([PEER]) },
    });
    const counts = (await cache.conversations())?.unread.counts;
    expect(counts?.size).toBe(peers - 1);
    expect(counts?.get(PEER)).toBe(2);
    expect(await cache.thread(PEER)).toEqual({
      messages: all.slice(0, -1),
      total: all.length,
      hasOlder: true,
      hasNewer: false,
    });
    expect(await cache.thread('+442079460958')).toBeUndefined();
  });

  it('has the threads that were opened last', async () => {
    const peers = Array.from({ length: MAX_CACHED_THREADS }, (_, index) => `+4930${index}`);
    for (const [index, peer] of peers.entries()) await open(peer, NOW + index);
    await open('+49300', NOW + 100);
    // A change, in a tab that has opened it before.
    await open('+49300', NOW);
    await open(PEER, NOW + 101);
    const kept = (await stored('threads')).map(({ peer }) => peer as string);
    expect(kept.sort()).toEqual([...peers.filter((peer) => peer !== '+49301'), PEER].sort());

    async function open(peer: string, at: number): Promise<void> {
      await cache.putThread(peer, at, thread(messages(1, 1)));
    }
  });

  it('drops a thread that was not opened for a week', async () => {
    await cache.putThread(PEER, NOW, thread(messages(1, 1)));
    vi.setSystemTime(NOW + MAX_CACHE_AGE_MS - 1);
    expect(await cache.thread(PEER)).toBeDefined();
    vi.setSystemTime(NOW + MAX_CACHE_AGE_MS);
    expect(await cache.thread(PEER)).toBeUndefined();
    expect(await stored('threads')).toEqual([]);
  });

  it('drops a list that the API has not told for a week, whatever it is used for', async () => {
    const [last] = messages(1, 1);
    const conversations = { rows: last ? [{ peer: PEER, last }] : [], hasMore: false };
    await cache.putConversations(conversations, names, unread);
    vi.setSystemTime(NOW + MAX_CACHE_AGE_MS - 1);
    expect(await cache.conversations()).toMatchObject({ conversations });
    vi.setSystemTime(NOW + MAX_CACHE_AGE_MS);
    await cache.applyChanges([]);
    expect(await stored('conversations')).toEqual([]);
    expect(await cache.conversations()).toBeUndefined();
  });

  it('has no empty thread, nor the messages that it had before', async () => {
    await cache.putThread(PEER, NOW, thread(messages(1, 1)));
    await cache.putThread(PEER, NOW, thread([]));
    expect(await cache.thread(PEER)).toBeUndefined();
    expect(await stored('threads')).toEqual([]);
  });

  it('updates the messages that it has: a text that was deleted leaves it', async () => {
    const [newest, oldest] = messages(1, 2);
    if (!newest || !oldest) throw new Error();
    await cache.putThread(PEER, NOW, thread([newest, oldest]));
    const redacted = { ...oldest, content: '', updated_at: new Date(NOW + 60_000).toISOString() };
    const elsewhere = { ...redacted, _id: 'm9', peer_number: '+442079460958' };
    await cache.applyChanges([redacted, elsewhere, ...messages(3, 3)]);
    expect((await cache.thread(PEER))?.messages).toEqual([newest, redacted]);
    expect(JSON.stringify(await stored('threads'))).not.toContain(oldest.content);

    // A tab that does not know it yet.
    await cache.putThread(PEER, NOW, thread([newest, oldest]));
    await cache.applyChanges([oldest]);
    expect((await cache.thread(PEER))?.messages).toEqual([newest, redacted]);
  });

  it('does not have deleted messages, even if a tab that does not know it stores them again', async () => {
    const [newest, oldest] = messages(1, 2);
    if (!newest || !oldest) throw new Error();
    await cache.putThread(PEER, NOW, thread([newest, oldest]));
    await cache.applyChanges([deleted(newest), deleted(messages(3, 3)[0])]);
    for (const known of [[oldest], messages(1, 3), [newest, oldest]]) {
      expect((await cache.thread(PEER))?.messages).toEqual([oldest]);
      expect(JSON.stringify(await stored('threads'))).not.toContain(newest.content);
      await cache.putThread(PEER, NOW, thread(known));
    }
    await cache.applyChanges([newest]);
    expect((await cache.thread(PEER))?.messages).toEqual([oldest]);
    expect(JSON.stringify(await stored('threads'))).not.toContain(newest.content);
  });

  it('has no thread once too much has changed to be told', async () => {
    await cache.putConversations({ rows: [], hasMore: false }, names, unread);
    await cache.putThread(PEER, NOW, thread(messages(1, 1)));
    await cache.forgetThreads();
    expect(await cache.thread(PEER)).toBeUndefined();
    expect(await cache.conversations()).toBeDefined();
  });

  it('does not have messages that the API does not have any more', async () => {
    await cache.putThread(PEER, NOW, thread(messages(1, 3)));
    await cache.putThread(PEER, NOW, thread(messages(2, 3)));
    expect((await cache.thread(PEER))?.messages).toEqual(messages(2, 3));
  });

  it('stores the fields of messages and nothing else', async () => {
    const [message] = messages(1, 1);
    const detail = { ...message, timeline: [] } as unknown as MessageDetail;
    await cache.putThread(PEER, NOW, thread([detail]));
    await cache.putConversations(
      { rows: [{ peer: PEER, last: detail }], hasMore: false },
      names,
      unread,
    );
    await cache.applyChanges([detail]);
    const all = [...(await stored('threads')), ...(await stored('conversations'))];
    expect(JSON.stringify(all)).toContain(message?.content);
    expect(JSON.stringify([all, await stored('owner')])).not.toMatch(/timeline|refresh-of-ada/);
  });

  it.each([
    ['another user', 'bob', 1],
    ['a later session of the same user', 'ada', 2],
  ])('is emptied before %s uses it', async (_, user, startedAt) => {
    await fill();
    load(user, startedAt);
    expect(await cache.thread(PEER)).toBeUndefined();
    expect(await cache.conversations()).toBeUndefined();
    expect(await stored('threads')).toEqual([]);
    expect(await stored('conversations')).toEqual([]);
  });

  it('shows and stores nothing once another tab has signed out, or somebody else in', async () => {
    await fill();
    for (const session of [null, sessionOf('bob', 1)]) {
      if (session === null) localStorage.removeItem(SESSION_KEY);
      else localStorage.setItem(SESSION_KEY, session);
      const before = await stored('threads');
      await cache.putThread(PEER, NOW, thread(messages(5, 5)));
      expect(await cache.thread(PEER)).toBeUndefined();
      expect(await stored('threads')).toEqual(before);
    }
  });

  it('stores nothing for a session that a reload would lose', async () => {
    localStorage.clear();
    fillStorage();
    TestBed.inject(SessionRepository).write(JSON.parse(sessionOf('ada', 1)) as never);
    await fill();
    expect(await cache.thread(PEER)).toBeUndefined();
    expect(await indexedDB.databases()).toEqual([]);
  });

  it('leaves nothing if it is deleted while it is written', async () => {
    await fill();
    const writing = cache.putThread(PEER, NOW, thread(messages(1, 1)));
    localStorage.clear();
    deleteCache();
    await Promise.all([writing, fill()]);
    await expect.poll(() => indexedDB.databases()).toEqual([]);
  });

  it('is emptied before another version uses it', async () => {
    await fill();
    const [owner = ''] = (await stored('owner')) as unknown as string[];
    const database = await openDB(CACHE_DATABASE);
    await database.put('owner', owner.replace(/^\d+/, '0'), 0);
    database.close();
    load('ada');
    expect(await cache.thread(PEER)).toBeUndefined();
    expect(await stored('owner')).toEqual([owner]);
  });

  it('is deleted where a later version has made a database of its own', async () => {
    await fill();
    (await openDB(CACHE_DATABASE, 2)).close();
    load('ada');
    expect(await cache.thread(PEER)).toBeUndefined();
    await expect.poll(() => indexedDB.databases()).toEqual([]);
  });

  describe('without IndexedDB that works', () => {
    const deleteDatabase = vi.fn();

    it.each([
      ['absent', () => undefined],
      ['null', () => null],
      [
        'forbidden',
        () => {
          throw new DOMException('Denied', 'SecurityError');
        },
      ],
      ['broken', () => ({ open: fail, deleteDatabase })],
      ['silent', () => ({ open: () => new EventTarget(), deleteDatabase })],
    ])('that is %s, there is nothing, and nothing fails', async (kind, get) => {
      const own = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB') ?? {};
      Object.defineProperty(globalThis, 'indexedDB', { get, configurable: true });
      try {
        const filling = fill();
        const reading = Promise.all([cache.thread(PEER), cache.conversations()]);
        if (kind !== 'silent') {
          await filling;
          expect(await reading).toEqual([undefined, undefined]);
        }
        deleteCache();
      } finally {
        Object.defineProperty(globalThis, 'indexedDB', own);
      }
    });

    it('that is full, what is out of date is deleted', async () => {
      await fill();
      vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(fail);
      await cache.applyChanges(messages(1, 1));
      await expect.poll(() => indexedDB.databases()).toEqual([]);
      expect(await cache.thread(PEER)).toBeUndefined();
    });
  });

  /** What a load of the page makes of the cache. */
  function load(user: string, startedAt = 1): void {
    TestBed.resetTestingModule();
    localStorage.setItem(SESSION_KEY, sessionOf(user, startedAt));
    TestBed.configureTestingModule({
      providers: [
        MessageCache,
        { provide: SessionStore, useValue: { user: () => ({ id: user, email: '' }) } },
      ],
    });
    cache = TestBed.inject(MessageCache);
  }

  async function fill(): Promise<void> {
    const [last] = messages(1, 1);
    if (last)
      await cache.putConversations({ rows: [{ peer: PEER, last }], hasMore: false }, names, unread);
    await cache.putThread(PEER, NOW, thread(messages(1, 1)));
  }
});

function sessionOf(user: string, startedAt: number): string {
  const refreshToken = `refresh-of-${user}`;
  return JSON.stringify({ refreshToken, user: { id: user, email: '' }, startedAt });
}

function thread(rows: ReturnType<typeof messages>) {
  return toThreadMessages({ rows, total: rows.length, hasMore: false, hasNewer: false });
}

async function stored(store: string): Promise<Record<string, unknown>[]> {
  const database = await openDB(CACHE_DATABASE);
  const rows = (await database.getAll(store)) as Record<string, unknown>[];
  database.close();
  return rows;
}

function fail(): never {
  throw new DOMException('No room', 'QuotaExceededError');
}
