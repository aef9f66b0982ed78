import { TestRequest } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { RANDOM } from '../api/backoff';
import { Message } from '../api/models';
import { SHORTEST_PAUSE_MS, SHORTEST_RETRY_MS } from '../api/poll';
import { ConnectionStatusStore } from '../ui/connection-status-store';
import { ConversationsStore } from './conversations-store';
import { MessageSync } from './message-sync';
import { StatusAnnouncer } from './status-announcer';
import { ThreadsStore } from './threads-store';
import { Answer, FakeApi, aMinuteAfter, deleted, messages, setUpMessages } from './testing';

const PEER = '+14155552671';
const OTHER = '+442079460958';

describe('MessageSync', () => {
  let api: FakeApi;
  let sync: MessageSync;
  const threads = () => TestBed.inject(ThreadsStore);
  const rows = () => TestBed.inject(ConversationsStore).rows();
  const status = () => TestBed.inject(ConnectionStatusStore).status();
  const loaded = () => threads().thread(PEER).loaded?.messages ?? [];

  beforeEach(async () => {
    api = setUpMessages({ provide: RANDOM, useValue: () => 1 });
    sync = TestBed.inject(MessageSync);
    api.start();
    await api.settle();
  });

  afterEach(() => {
    api.end();
  });

  it('has no total until the API has responded', async () => {
    await api.answerConversations([]);
    expect(sync.total()).toBeUndefined();
    await api.answerChanges(api.expectChanges(), [], { total: 0 });
    expect(sync.total()).toBe(0);
  });

  it('loads the conversations, and then polls for the changes since', async () => {
    await api.answerConversations(messages(1, 1), { revision: 41 });
    const first = api.expectChanges();
    expect(since(first)).toBe(41);
    // The revision has risen because of others.
    await api.answerChanges(first, [], { total: 7, etag: 'W/"1"', revision: 60 });
    expect(rows().map(({ peer }) => peer)).toEqual([PEER]);
    expect(sync.total()).toBe(7);
    expect(status().state).toBe('up-to-date');

    await api.nextPoll();
    const second = api.expectChanges();
    expect(since(second)).toBe(41);
    expect(second.request.headers.get('If-None-Match')).toBe('W/"1"');
    second.flush(null, { status: 304, statusText: 'Not Modified' });
    await api.settle();
    expect(sync.total()).toBe(7);
    expect(sync.problem()).toBe('');

    await api.nextPoll();
    expect(api.expectChanges().request.headers.get('If-None-Match')).toBe('W/"1"');
  });

  describe('after so long that a thousand messages have changed', () => {
    const PAGE = 200;
    const changed = (page: number) => messages(5_000 - PAGE * page, 5_199 - PAGE * page);

    async function catchUp(): Promise<void> {
      await api.nextPoll();
      for (let page = 0; page < 5; page += 1) {
        const answer = { next: true, total: 9_000, revision: 70 + page };
        await api.answerChanges(api.expectChanges(), changed(page), answer);
      }
    }

    beforeEach(async () => {
      await start(messages(1, 1));
      const opening = threads().open(OTHER);
      api.answerThread(messages(1, 1).map((message) => ({ ...message, peer_number: OTHER })));
      await opening;
      await threads().open(PEER);
    });

    it('loads what is shown anew, and asks for no more of them', async () => {
      await catchUp();
      await api.answerConversations(messages(5_199, 5_199), { revision: 80 });
      expect(rows().map(({ last }) => last._id)).toEqual(['m5199']);
      api.answerThread(messages(5_150, 5_199), { total: 9_000, revision: 81 });
      await api.settle();
      expect(loaded()).toHaveLength(50);
      expect(threads().thread(PEER).isCached).toBe(false);
      expect(threads().thread(OTHER).loaded).toBeUndefined();
      expect(sync.total()).toBe(9_000);
      api.expectNoCall();
      await api.nextPoll();
      expect(since(api.expectChanges())).toBe(70);
    });

    it('tries again to load them, and asks for the later changes only then', async () => {
      await catchUp();
      await api.answerConversations(messages(5_199, 5_199));
      api.expectThread().flush(null, { status: 503, statusText: 'Unavailable' });
      await api.settle();
      expect(sync.problem()).not.toBe('');
      await vi.advanceTimersByTimeAsync(2_000);
      api.answerThread(messages(5_150, 5_199));
      await api.settle();
      expect(loaded()).toHaveLength(50);
      await api.answerChanges(api.expectChanges(), []);
      expect(sync.problem()).toBe('');
    });
  });

  it('polls at once when something has changed, without an ETag, also if it is just polling', async () => {
    await start(messages(1, 1));
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), [], { etag: 'W/"1"' });
    await vi.advanceTimersByTimeAsync(1_000);
    sync.refresh();
    await api.settle();
    const first = api.expectChanges();
    expect(first.request.headers.has('If-None-Match')).toBe(false);
    sync.refresh();
    await api.answerChanges(first, [], { etag: 'W/"2"' });
    await vi.advanceTimersByTimeAsync(SHORTEST_PAUSE_MS);
    const second = api.expectChanges();
    expect(second.request.headers.has('If-None-Match')).toBe(false);
    await api.answerChanges(second, [], { etag: 'W/"3"' });
    await api.nextPoll();
    expect(api.expectChanges().request.headers.get('If-None-Match')).toBe('W/"3"');
  });

  it('keeps all loaded pages current, and the rows of the list', async () => {
    await start(messages(3, 4));
    const loading = threads().loadOlder(PEER);
    api.answerThread(messages(1, 2), { total: 4 });
    await loading;
    const [oldest] = messages(1, 1);
    const read = { ...oldest, status: 'read', updated_at: aMinuteAfter(4) } as Message;
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), [...messages(5, 5), read]);
    expect(loaded().map(({ content }) => content.slice(8))).toEqual(['5', '4', '3', '2', '1']);
    expect(loaded().at(-1)?.status).toBe('read');
    expect(rows()[0]?.last.content).toBe('Message 5');
  });

  it('loads all pages of changes, and then asks for those since the first of them', async () => {
    await start(messages(1, 1));
    await api.nextPoll();
    const first = api.expectChanges();
    await api.answerChanges(first, messages(400, 599), { next: true, etag: 'W/"1"', revision: 50 });
    const second = api.expectChanges();
    expect(second.request.params.get('position')).toBe('x');
    expect(since(second)).toBe(since(first));
    await api.answerChanges(second, messages(300, 399), { revision: 55 });
    await api.nextPoll();
    const third = api.expectChanges();
    expect(since(third)).toBe(50);
    expect(third.request.params.has('position')).toBe(false);
    expect(third.request.headers.has('If-None-Match')).toBe(false);
  });

  describe('when a page of a conversation was read before the last changes, and comes after them', () => {
    const [sent] = messages(1, 1);

    it('asks for the changes since that page', async () => {
      await start([]);
      await api.nextPoll();
      const changes = api.expectChanges();
      const opening = threads().open(OTHER);
      const page = api.expectThread();
      await api.answerChanges(changes, messages(2, 2), { revision: 50 });
      api.answer(page, [{ ...sent, peer_number: OTHER } as Message], { revision: 49 });
      await opening;
      await api.nextPoll();
      expect(since(api.expectChanges())).toBe(49);
    });

    it('also if it comes while they are read', async () => {
      await start([], 40);
      await api.nextPoll();
      const changes = api.expectChanges();
      const opening = threads().open(OTHER);
      api.answerThread([{ ...sent, peer_number: OTHER } as Message], { revision: 39 });
      await opening;
      await api.answerChanges(changes, messages(2, 2), { revision: 50 });
      await api.nextPoll();
      expect(since(api.expectChanges())).toBe(39);
    });

    it('but not since one that was read later', async () => {
      await start([], 40);
      const opening = threads().open(OTHER);
      api.answerThread([{ ...sent, peer_number: OTHER } as Message], { revision: 60 });
      await opening;
      await api.nextPoll();
      expect(since(api.expectChanges())).toBe(40);
    });
  });

  it('loads what is shown anew when the revision goes back, as after a restore', async () => {
    await start(messages(1, 2), 40);
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), [], { revision: 12 });
    await api.answerConversations(messages(1, 1), { revision: 12 });
    api.answerThread(messages(1, 1), { revision: 12 });
    await api.settle();
    expect(loaded()).toEqual(messages(1, 1));
    await api.nextPoll();
    expect(since(api.expectChanges())).toBe(12);
  });

  it('keeps what is loaded when a poll fails, has the problem, and waits longer', async () => {
    await start(messages(1, 2));
    await api.nextPoll();
    api.expectChanges().flush(null, { status: 503, statusText: 'Unavailable' });
    await api.settle();
    expect(loaded()).toHaveLength(2);
    expect(sync.problem()).toBe('The server has a problem at the moment.');
    expect(status()).toMatchObject({
      state: 'failing',
      reason: 'The server has a problem at the moment.',
    });

    await vi.advanceTimersByTimeAsync(1_999);
    api.expectNoCall();
    await vi.advanceTimersByTimeAsync(1);
    await api.answerChanges(api.expectChanges(), []);
    expect(sync.problem()).toBe('');
    expect(status().state).toBe('up-to-date');
  });

  it('is not up to date while a poll is unanswered', async () => {
    await start(messages(1, 1));
    await api.nextPoll();
    api.expectChanges();
    expect(status().state).toBe('up-to-date');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(status().state).toBe('reconnecting');
  });

  it('retries a load with backoff until it succeeds', async () => {
    await api.answerConversations(messages(1, 1));
    await api.answerChanges(api.expectChanges(), []);
    sync.load(() => threads().open(PEER)).subscribe();
    await api.settle();
    for (const rest of [2_000, 4_000, 8_000]) {
      api.expectThread().flush(null, { status: 500, statusText: 'No' });
      await vi.advanceTimersByTimeAsync(rest - 1);
      expect(threads().thread(PEER)).toMatchObject({ loading: false });
      expect(threads().thread(PEER).problem).not.toBe('');
      await vi.advanceTimersByTimeAsync(1);
    }
    await api.answerChanges(api.expectChanges(), []);
    api.answerThread(messages(1, 1));
    await api.settle();
    expect(threads().thread(PEER).problem).toBe('');
    expect(loaded()).toHaveLength(1);
  });

  it('retries failed loads at once when a poll succeeds', async () => {
    await start(messages(1, 1));
    await api.nextPoll();
    sync.load(() => threads().open(OTHER)).subscribe();
    await api.settle();
    api.expectChanges().flush(null, { status: 503, statusText: 'Unavailable' });
    api.expectThread().flush(null, { status: 503, statusText: 'No' });
    await vi.advanceTimersByTimeAsync(2_000);
    const poll = api.expectChanges();
    api.expectThread().flush(null, { status: 503, statusText: 'No' });
    // By itself, it would be repeated in four seconds.
    await vi.advanceTimersByTimeAsync(1_000);
    await api.answerChanges(poll, []);
    await vi.advanceTimersByTimeAsync(SHORTEST_RETRY_MS);
    api.answerThread([]);
    await api.settle();
    expect(threads().thread(OTHER).loaded?.messages).toEqual([]);
  });

  it('announces a change of status once', async () => {
    await start(messages(1, 1));
    const delivered = { ...messages(1, 1)[0], status: 'delivered', updated_at: aMinuteAfter(1) };
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), [delivered as Message]);
    const announcer = TestBed.inject(StatusAnnouncer);
    expect(announcer.announcements().map(({ text }) => text)).toEqual([
      'Message to +1 415 555 2671 delivered.',
    ]);
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), [delivered as Message]);
    expect(announcer.announcements()).toHaveLength(1);
  });

  it('announces what comes in once, and nothing that was there before', async () => {
    await start(messages(1, 1));
    const announcer = TestBed.inject(StatusAnnouncer);
    const inbound = received(messages(2, 4));
    const [newest, , oldest] = inbound;
    // That of a message whose details are opened by a link.
    sync.applyChanges(received(messages(0, 0)));
    const redacted = { ...oldest, version: 2 } as Message;
    for (const changes of [[...inbound.slice(0, 2), redacted], inbound.slice(0, 2), [newest]]) {
      await api.nextPoll();
      await api.answerChanges(api.expectChanges(), changes as Message[], { revision: 2 });
    }
    expect(announcer.announcements().map(({ text }) => text)).toEqual([
      'New message from +1 312 555 0100. New message from +1 312 555 0100.',
    ]);
  });

  it('removes a deleted message, and ignores older copies of it', async () => {
    await start(messages(1, 2));
    const [newest] = messages(2, 2);
    if (!newest) throw new Error();
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), [deleted({ ...newest, status: 'read' })]);
    api.answerThread(messages(1, 1));
    await api.settle();
    expect(loaded()).toEqual(messages(1, 1));
    sync.applyChanges([{ ...newest, status: 'delivered', version: 9 }]);
    sync.applyNew(newest);
    expect(loaded()).toEqual(messages(1, 1));
    expect(rows().map(({ last }) => last)).toEqual(messages(1, 1));
    expect(TestBed.inject(StatusAnnouncer).announcements()).toEqual([]);
  });

  it('follows a message again that a restored backup has brought back', async () => {
    await start(messages(1, 2));
    const [newest] = messages(2, 2);
    if (!newest) throw new Error();
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), [deleted(newest)], { revision: 60 });
    api.answerThread(messages(1, 1), { revision: 60 });
    await api.settle();
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), [], { revision: 12 });
    await api.answerConversations(messages(1, 2), { revision: 12 });
    api.answerThread(messages(1, 2), { revision: 12 });
    await api.settle();
    sync.applyChanges([{ ...newest, status: 'failed', version: 9 }]);
    expect(loaded().map(({ status }) => status)).toContain('failed');
  });

  it('publishes what this tab deletes at once, and counts it once', async () => {
    await start(messages(1, 2));
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), [], { total: 2 });
    const [newest, oldest] = messages(1, 2);
    if (!newest || !oldest) throw new Error();
    sync.applyDeletion(oldest);
    expect(loaded()).toEqual([newest]);
    expect(sync.total()).toBe(1);
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), [deleted(oldest)], { total: 1 });
    sync.applyDeletion(oldest);
    expect(sync.total()).toBe(1);
  });

  it('publishes changes to whatever subscribes, once it is loaded', async () => {
    const store = {
      loadFirst: vi.fn(() => Promise.resolve()),
      find: vi.fn(() => undefined),
      applyChanges: vi.fn(),
      hasPending: () => false,
    };
    sync.subscribe(store);
    await api.answerConversations([]);
    expect(store.loadFirst).toHaveBeenCalledOnce();
    await api.answerChanges(api.expectChanges(), messages(1, 2));
    expect(store.applyChanges).toHaveBeenCalledExactlyOnceWith(messages(1, 2));
  });

  it('asks why messages wait only while some do', async () => {
    const [pending] = messages(1, 1).map((message) => ({ ...message, status: 'pending' }));
    await api.answerConversations([pending as Message]);
    await api.answerChanges(api.expectChanges(), []);
    const paused = { since: aMinuteAfter(1), reason: 'The provider rejects our credentials.' };
    api.expectSending().flush({ paused });
    await api.settle();
    expect(sync.paused()).toEqual(paused);

    await api.nextPoll();
    const sent = { ...pending, status: 'sent', updated_at: aMinuteAfter(2) } as Message;
    await api.answerChanges(api.expectChanges(), [sent]);
    expect(sync.paused()).toBeNull();
    api.expectNoCall();
  });

  async function start(known: Message[], revision = 1): Promise<void> {
    await api.answerConversations(known.slice(0, 1), { revision });
    await api.answerChanges(api.expectChanges(), [], { revision });
    await threadOf(known, { next: true, revision });
  }

  async function threadOf(known: Message[], answer: Answer): Promise<void> {
    const opening = threads().open(PEER);
    api.answerThread(known, answer);
    await opening;
  }
});

const received = (all: Message[]): Message[] =>
  all.map((message) => ({
    ...message,
    direction: 'inbound',
    status: 'received',
    peer_number: '+13125550100',
  }));

const since = ({ request }: TestRequest): number => Number(request.params.get('since'));
