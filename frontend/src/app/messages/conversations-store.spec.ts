import { EnvironmentInjector, createEnvironmentInjector } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { ArchivedConversations } from './archived-conversations';
import { MessageCache } from './cache/message-cache';
import { Conversations } from './conversations';
import { ConversationsStore } from './conversations-store';
import { MessageSync } from './message-sync';
import {
  FakeApi,
  FakeCache,
  FakeUnread,
  aMinuteAfter,
  deleted,
  messages,
  setUpMessages,
} from './testing';
import { UnreadStore } from './unread-store';
import { StatusAnnouncer } from './status-announcer';
import { ConnectionStatusStore } from '../ui/connection-status-store';
import { ContactNames } from '../phone-numbers/contact-names';
import { Message } from '../api/models';

const PEER = '+14155552671';
const rowsOf = (rows: Message[]) => rows.map((last) => ({ peer: last.peer_number, last }));

describe('ConversationsStore with a cache', () => {
  let api: FakeApi;
  let cache: FakeCache;
  let store: ConversationsStore;

  beforeEach(() => {
    cache = new FakeCache();
    api = setUpMessages(ArchivedConversations, { provide: MessageCache, useValue: cache });
    store = TestBed.inject(ConversationsStore);
  });

  afterEach(() => {
    api.end();
  });

  it('shows what is cached until the API has answered, and says so', async () => {
    cache.cached.set('conversations', { rows: rowsOf(messages(1, 1)), hasMore: true });
    await store.restore();
    expect(store.rows()).toEqual(rowsOf(messages(1, 1)));
    expect(store).toSatisfy(() => store.isLoaded() && !store.hasMore());
    expect(TestBed.inject(ConnectionStatusStore).status().state).toBe('connecting');
    api.start();
    await api.settle();
    expect(cache.put.size).toBe(0);
    await api.answerConversations(messages(2, 2));
    expect(store.rows()).toEqual(rowsOf(messages(2, 2)));
    expect(cache.put.get('conversations')).toEqual({
      rows: rowsOf(messages(2, 2)),
      hasMore: false,
    });
  });

  it('calls people by their names as they were cached, until all are known', async () => {
    cache.cached.set('conversations', { rows: rowsOf(messages(1, 1)), hasMore: false });
    cache.names = new Map([[PEER, 'Ada']]);
    await store.restore();
    const names = TestBed.inject(ContactNames);
    expect(names.of(PEER)).toBe('Ada');
    api.start();
    await api.settle();
    await api.answerConversations(messages(1, 1));
    expect(cache.names).toEqual(new Map([[PEER, 'Ada']]));
    names.replace(new Map([[PEER, 'Ada Lovelace']]));
    await api.settle();
    expect(cache.names).toEqual(new Map([[PEER, 'Ada Lovelace']]));
    names.restore(new Map([[PEER, 'Ada']]));
    expect(names.of(PEER)).toBe('Ada Lovelace');
  });

  it('caches what is unread, and has it again at the next visit', async () => {
    cache.cached.set('conversations', { rows: rowsOf(messages(1, 1)), hasMore: false });
    cache.unread = { counts: new Map([[PEER, 2]]), muted: new Set([PEER]) };
    const unread = TestBed.inject(UnreadStore) as unknown as FakeUnread;
    await store.restore();
    expect(unread.select([PEER])).toEqual(cache.unread);
    api.start();
    await api.settle();
    await api.answerConversations(messages(1, 1));
    unread.counts.set({ [PEER]: 3 });
    unread.muted.set(new Set());
    await api.settle();
    expect(cache.unread).toEqual({ counts: new Map([[PEER, 3]]), muted: new Set() });
  });

  it('restores no names once the session has ended', async () => {
    cache.cached.set('conversations', { rows: rowsOf(messages(1, 1)), hasMore: false });
    cache.names = new Map([[PEER, 'Ada']]);
    const names = TestBed.inject(ContactNames);
    const session = createEnvironmentInjector(
      [ConversationsStore],
      TestBed.inject(EnvironmentInjector),
    );
    const restoring = session.get(ConversationsStore).restore();
    session.destroy();
    await restoring;
    expect(names.find(PEER)).toBeUndefined();
  });

  it('caches changes', async () => {
    api.start();
    await api.settle();
    await api.answerConversations(messages(1, 1));
    await api.answerChanges(api.expectChanges(), messages(2, 2));
    expect(cache.put.get('conversations')).toMatchObject({ rows: rowsOf(messages(2, 2)) });
  });

  it('loads the message before a last one that is deleted, until it has one that is not', async () => {
    api.start();
    await api.settle();
    await api.answerConversations(messages(3, 3));
    await api.answerChanges(api.expectChanges(), [deleted(messages(3, 3)[0])]);
    const first = api.expectThread();
    expect(first.request.params.get('limit')).toBe('1');
    TestBed.inject(MessageSync).applyChanges([deleted(messages(2, 2)[0])]);
    api.answer(first, messages(2, 2), { total: 2 });
    await api.settle();
    api.answerThread(messages(1, 1));
    await api.settle();
    expect(store.rows()).toEqual(rowsOf(messages(1, 1)));
    expect(cache.put.get('conversations')).toMatchObject({ rows: rowsOf(messages(1, 1)) });

    TestBed.inject(MessageSync).applyChanges([deleted(messages(1, 1)[0])]);
    await api.settle();
    api.expectThread().flush(null, { status: 503, statusText: 'No' });
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), []);
    api.answerThread([]);
    await api.settle();
    expect(store.rows()).toEqual([]);
  });

  it('keeps what changes while the next page is loaded, whose copy is older', async () => {
    api.start();
    await api.settle();
    await api.answerConversations(messages(2, 2), { next: true });
    await api.answerChanges(api.expectChanges(), []);
    const below = messages(1, 1).map((message) => ({ ...message, peer_number: '+442079460958' }));
    const loading = store.loadMore();
    const request = api.expectMoreConversations();
    store.applyChanges(below.map((message) => ({ ...message, status: 'delivered', version: 2 })));
    api.answerMoreConversations(request, below);
    await loading;
    expect(store.rows().at(-1)?.last).toMatchObject({ status: 'delivered', version: 2 });
  });

  it('leaves archived conversations to their own list, also in the cache', async () => {
    const unread = TestBed.inject(UnreadStore) as unknown as FakeUnread;
    const [other] = messages(3, 3).map((last) => ({ ...last, peer_number: '+442079460958' }));
    if (!other) throw new Error();
    api.start();
    await api.settle();
    await api.answerConversations([other, ...messages(1, 1)]);
    const changes = api.expectChanges();
    unread.archive(PEER, messages(1, 1)[0]?.created_at);
    expect(store.rows()).toEqual(rowsOf([other]));
    await api.answerChanges(changes, [{ ...other, status: 'delivered', version: 2 }]);
    expect((cache.put.get('conversations') as Conversations).rows).toHaveLength(1);

    const archive = TestBed.inject(ArchivedConversations);
    void archive.loadFirst();
    await api.answerArchived(messages(1, 1));
    expect(archive.rows()).toEqual(rowsOf(messages(1, 1)));
    // A newer message brings it back, before the API is asked again.
    TestBed.inject(MessageSync).applyChanges(messages(4, 4));
    expect(archive.rows()).toEqual([]);
    expect(store.rows()[0]).toEqual(rowsOf(messages(4, 4))[0]);
  });

  it('announces nothing that has changed since it was cached', async () => {
    cache.cached.set('conversations', { rows: rowsOf(messages(1, 1)), hasMore: false });
    await store.restore();
    api.start();
    await api.settle();
    const [message] = messages(1, 1);
    const delivered = { ...message, status: 'delivered', updated_at: aMinuteAfter(1) } as Message;
    TestBed.inject(MessageSync).applyChanges([delivered]);
    await api.answerConversations([delivered]);
    await api.answerChanges(api.expectChanges(), [delivered]);
    expect(TestBed.inject(StatusAnnouncer).announcements()).toEqual([]);
  });

  it('shows nothing cached once the API has answered, and no empty list before', async () => {
    cache.cached.set('conversations', { rows: [], hasMore: false });
    await store.restore();
    expect(store.isLoaded()).toBe(false);
    cache.cached.set('conversations', { rows: rowsOf(messages(1, 1)), hasMore: false });
    api.start();
    await api.settle();
    const restoring = store.restore();
    await api.answerConversations(messages(2, 2));
    await restoring;
    expect(store.rows()).toEqual(rowsOf(messages(2, 2)));
  });

  it('shows a message that was sent before the API has listed it', async () => {
    cache.cached.set('conversations', { rows: rowsOf(messages(1, 1)), hasMore: false });
    await store.restore();
    for (const message of messages(2, 2)) TestBed.inject(MessageSync).applyNew(message);
    expect(store.rows()).toEqual(rowsOf(messages(2, 2)));
    expect(store.rows()[0]?.peer).toBe(PEER);
    expect(cache.put.size).toBe(0);
  });

  it('keeps what changes bring while the list is loaded, and nothing else', async () => {
    const to = (peer_number: string, rows: Message[]) => rows.map((m) => ({ ...m, peer_number }));
    const [queued] = to('+49301', messages(1, 1));
    const [sent] = to('+49302', messages(2, 2));
    const removed = to('+49303', messages(3, 3));
    if (!queued || !sent) throw new Error();
    cache.cached.set('conversations', { rows: rowsOf([...removed, queued]), hasMore: false });
    await store.restore();
    api.start();
    await api.settle();
    const delivered = { ...queued, status: 'delivered', updated_at: aMinuteAfter(1) };
    store.applyChanges([delivered]);
    TestBed.inject(MessageSync).applyNew(sent);
    await api.answerConversations([queued]);
    expect(store.rows()).toEqual(rowsOf([sent, delivered]));
    api.expectChanges();
    expect(cache.put.get('conversations')).toEqual({ rows: store.rows(), hasMore: false });
  });
});
