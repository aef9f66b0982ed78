import { Injector } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { RANDOM } from '../api/backoff';
import { Message } from '../api/models';
import { setArchived, setMuted } from './flagging';
import { ConversationsStore } from './conversations-store';
import { MessageSync } from './message-sync';
import { FakeApi, messages, setUpMessages } from './testing';
import { UnreadStore } from './unread-store';

const PEER = '+14155552671';
const OTHER = '+442079460958';

describe('UnreadStore', () => {
  let api: FakeApi;
  let store: UnreadStore;
  const row = (peer_number: string, unread: number, inbound: number) => ({
    peer_number,
    unread,
    inbound,
  });

  beforeEach(async () => {
    api = setUpMessages(UnreadStore, { provide: RANDOM, useValue: () => 0 });
    store = TestBed.inject(UnreadStore);
    api.start();
    await api.settle();
  });

  afterEach(() => {
    api.end();
  });

  /** The first answers: two messages of `PEER` are unread, of seven. */
  async function start(): Promise<void> {
    await api.answerUnread([row(PEER, 2, 7), row(OTHER, 1, 1)]);
    await api.answerConversations(messages(1, 1));
    await api.answerChanges(api.expectChanges(), [], { etag: 'W/"1"' });
  }

  it('asks before the changes, and knows it once they are applied', async () => {
    await api.answerConversations(messages(1, 1));
    const unread = api.expectUnread();
    api.expectNoCall();
    unread.flush({ total: 2, conversations: [row(PEER, 2, 7)] });
    await api.settle();
    expect(store.isKnown()).toBe(false);
    expect(store.total()).toBe(0);
    await api.answerChanges(api.expectChanges(), []);
    expect(store.isKnown()).toBe(true);
    expect(store.of(PEER)).toBe(2);
    expect(store.of(OTHER)).toBe(0);
  });

  it('has what was known at the last visit until the API has answered, and marks none of it', async () => {
    const cached = {
      counts: new Map([
        [PEER, 5],
        [OTHER, 3],
      ]),
      muted: new Set([OTHER]),
    };
    store.restore(cached);
    expect(store.select([PEER, OTHER])).toEqual(cached);
    expect([store.total(), store.isKnown()]).toEqual([5, false]);
    store.markRead(PEER);
    await start();
    expect([store.of(PEER), store.of(OTHER), store.total()]).toEqual([2, 1, 3]);
    expect(store.muted()).toEqual(new Set());
    api.expectNoCall();
  });

  it('marks as read what was known before, and not what has come in since', async () => {
    await start();
    store.markRead(PEER, 5);
    await api.settle();
    const mark = api.expectMark(PEER, 'read');
    expect(mark.request.body).toEqual({ inbound: 5 });
    expect(store.of(PEER)).toBe(2);
  });

  it('waits for the conversations although it fails, and asks for them once', async () => {
    api.expectUnread().flush(null, { status: 503, statusText: 'Unavailable' });
    await vi.advanceTimersByTimeAsync(3_000);
    await api.answerConversations(messages(1, 1));
    await vi.advanceTimersByTimeAsync(3_000);
    await api.answerUnread([row(PEER, 2, 7)]);
    await api.answerChanges(api.expectChanges(), []);
    expect(store.of(PEER)).toBe(2);
    api.expectNoCall();
  });

  it('replaces what it knew by each answer', async () => {
    await start();
    expect(store.total()).toBe(3);
    await api.nextPoll();
    await api.answerUnread([row(OTHER, 4, 9)]);
    await api.answerChanges(api.expectChanges(), []);
    expect([store.of(PEER), store.of(OTHER), store.total()]).toEqual([0, 4, 4]);
  });

  it('knows it once the conversations are loaded anew, if too much has changed', async () => {
    await start();
    await api.nextPoll();
    await api.answerUnread([row(PEER, 9, 14)]);
    // Restored from a backup.
    await api.answerChanges(api.expectChanges(), [], { revision: 0 });
    expect(store.of(PEER)).toBe(2);
    await api.answerConversations(messages(1, 2));
    expect(store.of(PEER)).toBe(9);
    api.expectNoCall();
  });

  describe('with what is archived', () => {
    const [last] = messages(1, 1);
    const [newer] = messages(2, 2);
    if (!last || !newer) throw new Error();
    const archived = [{ peer_number: PEER, last_message_at: last.created_at }];
    const stored = { peer_number: PEER, last_message: last, messages: 1, unread: 2, inbound: 7 };
    const set = (isArchived: boolean) => {
      setArchived(TestBed.inject(Injector), last, isArchived);
    };

    /** The answers to the refresh that follows. */
    async function answer(now: typeof archived): Promise<void> {
      await vi.advanceTimersByTimeAsync(300);
      await api.answerUnread([row(PEER, 2, 7)], 'W/"a"', now);
      await api.answerChanges(api.expectChanges(), []);
    }

    it('knows it by the last message: a newer one has brought the conversation back', async () => {
      await api.answerUnread([], 'W/"u"', archived);
      await api.answerConversations([]);
      await api.answerChanges(api.expectChanges(), []);
      expect(store.isArchived(last)).toBe(true);
      expect(store.isArchived(newer)).toBe(false);
      expect(store.isArchived({ ...last, peer_number: OTHER })).toBe(false);
      expect(store.total()).toBe(0);
    });

    it('does not know of those that are older than a list that is full', async () => {
      const full = Array.from({ length: 1_000 }, (_, index) => ({
        peer_number: `+1415${index}`,
        last_message_at: newer.created_at,
      }));
      await api.answerUnread([], 'W/"u"', full);
      await api.answerConversations([]);
      await api.answerChanges(api.expectChanges(), []);
      expect(store.isArchived(last)).toBeUndefined();
      expect(store.isArchived(newer)).toBe(false);
      set(false);
      expect(store.isArchived(last)).toBe(false);
      await api.settle();
      api.expectConversation('DELETE', PEER).flush(null);
      await api.settle();
      await vi.advanceTimersByTimeAsync(300);
      await api.answerUnread([], 'W/"a"', full);
      await api.answerChanges(api.expectChanges(), []);
      expect(store.isArchived(last)).toBe(false);
    });

    it('archives what is shown, at once', async () => {
      await start();
      set(true);
      expect(store.isArchived(last)).toBe(true);
      await api.settle();
      api.expectConversation('GET', PEER).flush(stored);
      await api.settle();
      const request = api.expectConversation('PUT', PEER);
      expect(request.request.body).toEqual({ inbound: 7 });
      request.flush(null);
      await api.settle();
      expect(store.isArchived(last)).toBe(true);
      await answer(archived);
      expect(store.isArchived(last)).toBe(true);
      api.answerThread([last]);
    });

    it.each([
      ['a newer message', { ...stored, last_message: newer }],
      ['an unread message that is older', { ...stored, unread: 3, inbound: 8 }],
    ])('does not archive %s', async (_, now) => {
      await start();
      set(true);
      await api.settle();
      api.expectConversation('GET', PEER).flush(now);
      await api.settle();
      await answer([]);
      expect(store.isArchived(last)).toBe(false);
    });

    it('repeats it while the API does not answer', async () => {
      await start();
      set(true);
      await api.settle();
      api.expectConversation('GET', PEER).flush(null, { status: 503, statusText: 'Unavailable' });
      await vi.advanceTimersByTimeAsync(3_000);
      expect(store.isArchived(last)).toBe(true);
      api.expectConversation('GET', PEER).flush(stored);
      await api.settle();
      api.expectConversation('PUT', PEER).flush(null);
    });

    it('undoes it, whatever has become of it', async () => {
      await start();
      set(true);
      await api.settle();
      const looked = api.expectConversation('GET', PEER);
      set(false);
      expect(store.isArchived(last)).toBe(false);
      await api.settle();
      // In this order, or it might be archived in the end.
      api.expectNoCall();
      looked.flush(stored);
      await api.settle();
      api.expectConversation('PUT', PEER).flush(null);
      await api.settle();
      api.expectConversation('DELETE', PEER).flush(null);
      await api.settle();
      await answer([]);
      expect(store.isArchived(last)).toBe(false);
    });

    it('keeps what it does until an answer that was asked for after it', async () => {
      await start();
      await api.nextPoll();
      const asked = api.expectUnread();
      set(true);
      await api.settle();
      api.expectConversation('GET', PEER).flush(stored);
      await api.settle();
      api.expectConversation('PUT', PEER).flush(null);
      await api.settle();
      asked.flush({ total: 0, conversations: [], archived: [], muted: [] });
      await api.settle();
      await api.answerChanges(api.expectChanges(), []);
      expect(store.isArchived(last)).toBe(true);
      await answer(archived);
      expect(store.isArchived(last)).toBe(true);
    });

    it('loads what another tab has archived, or brought back', async () => {
      await start();
      const conversations = TestBed.inject(ConversationsStore);
      expect(conversations.rows()).toHaveLength(1);
      await api.nextPoll();
      await api.answerUnread([], 'W/"a"', archived);
      await api.answerChanges(api.expectChanges(), []);
      api.answerThread([last]);
      await api.settle();
      expect(conversations.rows()).toEqual([]);
      await api.nextPoll();
      await api.answerUnread([], 'W/"b"', []);
      await api.answerChanges(api.expectChanges(), []);
      api.answerThread([last]);
      await api.settle();
      expect(conversations.rows()).toEqual([{ peer: PEER, last }]);
    });

    it('loads few at once of the many that another tab has archived', async () => {
      await start();
      const many = Array.from({ length: 50 }, (_, index) => ({
        peer_number: `+1415555${1000 + index}`,
        last_message_at: last.created_at,
      }));
      await api.nextPoll();
      await api.answerUnread([], 'W/"a"', many);
      await api.answerChanges(api.expectChanges(), []);
      const asked: number[] = [];
      for (let left = many.length; left > 0; left -= asked.at(-1) ?? left) {
        const requests = api.expectThreads();
        asked.push(requests.length);
        for (const request of requests) api.answer(request, [], {});
        await api.settle();
      }
      expect(Math.max(...asked)).toBe(3);
      expect(asked.reduce((sum, count) => sum + count)).toBe(many.length);
      api.expectNoCall();
    });
  });

  describe('with what is muted', () => {
    const set = (isMuted: boolean) => {
      setMuted(TestBed.inject(Injector), PEER, isMuted);
    };

    /** The answers to the refresh that follows. */
    async function answer(...muted: string[]): Promise<void> {
      await vi.advanceTimersByTimeAsync(300);
      await api.answerUnread([row(PEER, 2, 7), row(OTHER, 1, 1)], 'W/"m"', [], muted);
      await api.answerChanges(api.expectChanges(), []);
    }

    it('counts it in its row, and in no total', async () => {
      await api.answerUnread([row(PEER, 2, 7), row(OTHER, 1, 1)], 'W/"u"', [], [PEER]);
      await api.answerConversations([]);
      await api.answerChanges(api.expectChanges(), []);
      expect([...store.muted()]).toEqual([PEER]);
      expect(store.of(PEER)).toBe(2);
      expect(store.total()).toBe(1);
      expect(store.totalOf([PEER])).toBe(0);
      expect(store.peersToTell()).toEqual([OTHER]);
    });

    it('mutes and unmutes at once, and until an answer tells what has become of it', async () => {
      await start();
      set(true);
      expect(store.total()).toBe(1);
      await api.settle();
      api.expectConversation('PUT', PEER, 'muted').flush(null);
      await api.settle();
      await answer(PEER);
      expect(store.total()).toBe(1);
      set(false);
      expect(store.total()).toBe(3);
      await api.settle();
      const request = api.expectConversation('DELETE', PEER, 'muted');
      set(true);
      await api.settle();
      // In this order, or it might be unmuted in the end.
      api.expectNoCall();
      request.flush(null);
      await api.settle();
      api.expectConversation('PUT', PEER, 'muted').flush(null);
      await api.settle();
      await answer(PEER);
      expect(store.total()).toBe(1);
    });

    it('forgets what the API refuses', async () => {
      await start();
      set(true);
      await api.settle();
      api
        .expectConversation('PUT', PEER, 'muted')
        .flush(null, { status: 404, statusText: 'Not Found' });
      await api.settle();
      await answer();
      expect(store.muted().size).toBe(0);
    });

    it('knows what another tab has muted', async () => {
      await start();
      await api.nextPoll();
      await api.answerUnread([row(PEER, 2, 7)], 'W/"b"', [], [PEER]);
      await api.answerChanges(api.expectChanges(), []);
      expect(store.total()).toBe(0);
      api.expectNoCall();
    });
  });

  it('keeps it while nothing has changed', async () => {
    await start();
    await api.nextPoll();
    const again = api.expectUnread();
    expect(again.request.headers.get('If-None-Match')).toBe('W/"u"');
    again.flush(null, { status: 304, statusText: 'Not Modified' });
    await api.settle();
    const changes = api.expectChanges();
    expect(changes.request.headers.get('If-None-Match')).toBe('W/"1"');
    changes.flush(null, { status: 304, statusText: 'Not Modified' });
    await api.settle();
    expect(store.total()).toBe(3);
  });

  it('asks for nothing but changes while there are none, and at once when there are some', async () => {
    await start();
    const changed = messages(1, 2);
    const poll = async (): Promise<void> => {
      await api.nextPoll();
      api.expectChanges().flush(null, { status: 304, statusText: 'Not Modified' });
      await api.settle();
    };
    await api.nextPoll();
    // The first changes may have told of more than was counted before.
    api.expectUnread().flush(null, { status: 304, statusText: 'Not Modified' });
    await api.settle();
    api.expectChanges().flush(null, { status: 304, statusText: 'Not Modified' });
    await api.settle();
    await poll();
    await poll();
    await api.nextPoll();
    await api.answerChanges(api.expectChanges(), changed);
    await vi.advanceTimersByTimeAsync(300);
    await api.answerUnread([row(PEER, 3, 8)]);
    expect(store.of(PEER)).toBe(2);
    await api.answerChanges(api.expectChanges(), []);
    expect(store.of(PEER)).toBe(3);
    await vi.advanceTimersByTimeAsync(9_000);
    api.expectNoCall();
  });

  it('reads the changes if what is unread has changed, whatever another process of the API knows', async () => {
    await start();
    await api.nextPoll();
    await api.answerUnread([row(PEER, 3, 8)], 'W/"v"');
    const changes = api.expectChanges();
    expect(changes.request.headers.has('If-None-Match')).toBe(false);
    changes.flush(null, { status: 503, statusText: 'Unavailable' });
    await api.settle();
    // Nothing shows the eighth.
    expect(store.of(PEER)).toBe(2);
    store.markRead(PEER);
    await api.settle();
    expect(api.expectMark(PEER, 'read').request.body).toEqual({ inbound: 7 });
  });

  it('asks without an ETag once something is told to have changed', async () => {
    await start();
    await vi.advanceTimersByTimeAsync(1_000);
    TestBed.inject(MessageSync).refresh();
    await api.settle();
    expect(api.expectUnread().request.headers.has('If-None-Match')).toBe(false);
  });

  describe('of what has just come in', () => {
    let found: Promise<boolean> | undefined;

    beforeEach(async () => {
      await start();
      found = undefined;
      TestBed.inject(MessageSync).statusChanges.subscribe(([message]) => {
        if (message) found = store.isNews(message.peer_number);
      });
    });

    const arrive = async (): Promise<void> => {
      const [message] = messages(1, 1);
      const news = { ...message, _id: 'news', direction: 'inbound', status: 'received' } as Message;
      await api.answerChanges(api.expectChanges(), [news]);
    };

    it('knows that its conversation is muted, without asking again', async () => {
      await api.nextPoll();
      await api.answerUnread([row(PEER, 3, 8)], 'W/"m"', [], [PEER]);
      await arrive();
      await vi.advanceTimersByTimeAsync(300);
      api.expectNoCall();
      expect(await found).toBe(false);
    });

    it('knows that it is unread, without asking again', async () => {
      await api.nextPoll();
      await api.answerUnread([row(PEER, 3, 8)]);
      await arrive();
      expect(await found).toBe(true);
      await vi.advanceTimersByTimeAsync(300);
      api.expectNoCall();
    });

    it.each([
      ['was read on another device', [], false],
      ['was not counted before', [row(PEER, 1, 8)], true],
    ] as const)('asks again if it %s', async (_, counts, isUnread) => {
      await api.nextPoll();
      await api.answerUnread([]);
      await arrive();
      await vi.advanceTimersByTimeAsync(300);
      const again = api.expectUnread();
      expect(again.request.headers.has('If-None-Match')).toBe(false);
      again.flush({ total: counts.length, conversations: counts });
      await api.settle();
      await api.answerChanges(api.expectChanges(), []);
      expect(await found).toBe(isUnread);
    });

    it('does not go by what was known before an earlier poll', async () => {
      await api.nextPoll();
      for (const expectNext of [() => api.expectUnread(), () => api.expectChanges()]) {
        expectNext().flush(null, { status: 304, statusText: 'Not Modified' });
        await api.settle();
      }
      await api.nextPoll();
      await arrive();
      await vi.advanceTimersByTimeAsync(300);
      await api.answerUnread([]);
      await api.answerChanges(api.expectChanges(), []);
      expect(await found).toBe(false);
    });

    it('takes it for unread if the API has more than it lists', async () => {
      const many = Array.from({ length: 1_000 }, (_, index) =>
        row(`+1415555${1_000 + index}`, 1, 1),
      );
      await api.nextPoll();
      await api.answerUnread(many);
      await arrive();
      expect(await found).toBe(true);
    });
  });

  it('shows what is marked as read at once, until an answer counts it', async () => {
    await start();
    store.markRead(PEER);
    await api.settle();
    expect([store.of(PEER), store.total()]).toEqual([0, 1]);
    await api.nextPoll();
    // Asked before the mark: another message has come in, and the two are still counted.
    const mark = api.expectMark(PEER, 'read');
    await api.answerUnread([row(PEER, 3, 8), row(OTHER, 1, 1)]);
    await api.answerChanges(api.expectChanges(), []);
    expect(store.of(PEER)).toBe(1);
    mark.flush(null);
    await api.settle();
    await api.nextPoll();
    // Marked as unread on another device.
    expect(api.expectUnread().request.headers.has('If-None-Match')).toBe(false);
  });

  it('believes an answer that was asked for after the mark', async () => {
    await start();
    store.markRead(PEER);
    await api.settle();
    api.expectMark(PEER, 'read').flush(null);
    await api.settle();
    await api.nextPoll();
    await api.answerUnread([row(PEER, 1, 7)]);
    expect(store.of(PEER)).toBe(0);
    await api.answerChanges(api.expectChanges(), []);
    expect(store.of(PEER)).toBe(1);
  });

  it('marks nothing twice, and nothing that is read', async () => {
    await start();
    store.markRead(PEER);
    store.markRead(PEER);
    store.markRead('+4930901820');
    await api.settle();
    api.expectMark(PEER, 'read').flush(null);
    await api.settle();
    store.markRead(PEER);
    await api.settle();
    api.expectNoCall();
  });

  it('tries again until it is marked', async () => {
    await start();
    store.markRead(PEER);
    await api.settle();
    api.expectMark(PEER, 'read').flush(null, { status: 503, statusText: 'Unavailable' });
    await vi.advanceTimersByTimeAsync(999);
    api.expectNoCall();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(api.expectMark(PEER, 'read').request.body).toEqual({ inbound: 7 });
    expect(store.of(PEER)).toBe(0);
  });

  it('gives up what is permanently refused, and believes the next answer', async () => {
    await start();
    store.markRead(PEER);
    await api.settle();
    api.expectMark(PEER, 'read').flush(null, { status: 404, statusText: 'Not Found' });
    await api.settle();
    await api.nextPoll();
    await api.answerUnread([]);
    await api.answerChanges(api.expectChanges(), []);
    expect(store.total()).toBe(0);
    api.expectNoCall();
  });

  it('marks nothing for the next user', async () => {
    await start();
    store.markRead(PEER);
    await api.settle();
    api.expectMark(PEER, 'read').flush(null, { status: 503, statusText: 'Unavailable' });
    TestBed.resetTestingModule();
    await vi.advanceTimersByTimeAsync(60_000);
    api.expectNoCall();
  });

  it('marks as unread, and asks again at once', async () => {
    await start();
    store.markRead(PEER);
    await api.settle();
    const read = api.expectMark(PEER, 'read');
    store.markUnread(PEER);
    await api.settle();
    read.flush(null, { status: 503, statusText: 'Unavailable' });
    api.expectMark(PEER, 'unread').flush(null);
    await vi.advanceTimersByTimeAsync(300);
    await api.answerUnread([row(PEER, 1, 7)]);
    await api.answerChanges(api.expectChanges(), []);
    expect(store.of(PEER)).toBe(1);
    // What was still to be marked as read would end it.
    await vi.advanceTimersByTimeAsync(9_000);
    api.expectNoCall();
  });
});
