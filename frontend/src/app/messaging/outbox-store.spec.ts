import { TestRequest } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { SessionStorage } from '../session/session-storage';
import { ConversationsStore } from './conversations-store';
import { OutboxStore } from './outbox-store';
import { Outgoing, withoutArrived } from './outgoing';
import { ThreadsStore } from './threads-store';
import { MessagingApi, aMessage, aMinuteAfter, testMessaging } from './testing';

const PEER = '+14155552671';
const hello = { recipient_number: PEER, content: 'Hello' };
const answered = aMessage({ content: 'Hello', created_at: aMinuteAfter(0) });

describe('OutboxStore', () => {
  let api: MessagingApi;
  let store: OutboxStore;
  const kept = () => Object.keys(localStorage).filter((key) => key.startsWith('mysms.unsent.ada.'));
  const messages = () => TestBed.inject(ThreadsStore).thread(PEER).log?.messages ?? [];

  beforeEach(async () => {
    localStorage.clear();
    await load();
  });

  afterEach(() => {
    api.end();
    localStorage.clear();
  });

  it('shows a message at once, keeps it until it is answered for, and replaces it by the real one', async () => {
    const sending = store.send(hello);
    expect(store.outbox()).toMatchObject([{ content: 'Hello', state: 'sending' }]);
    const request = api.expectSend();
    expect(kept()).toEqual([`mysms.unsent.ada.${keyOf(request)}`]);
    request.flush(answered);
    await sending;
    expect(store.outbox()).toEqual([]);
    expect(kept()).toEqual([]);
    expect(messages()).toEqual([answered]);
    expect(TestBed.inject(ConversationsStore).rows()[0]?.last).toEqual(answered);
  });

  it('never loses the text, and tries again under the same key', async () => {
    const sending = store.send(hello);
    const first = api.expectSend();
    expect(keyOf(first)).toMatch(/^[0-9a-f]{32}$/);
    first.error(new ProgressEvent('error'));
    await sending;
    expect(store.outbox()).toMatchObject([
      {
        content: 'Hello',
        state: 'failed',
        problem: 'The server cannot be reached. Check your connection.',
        isRefused: false,
      },
    ]);
    const again = store.sendAgain(only(store.outbox()));
    const second = api.expectSend();
    expect(keyOf(second)).toBe(keyOf(first));
    second.flush(answered);
    await again;
    expect(store.outbox()).toEqual([]);
  });

  it('makes the same request again after a reload in the middle of it', async () => {
    void store.send(hello);
    const key = keyOf(api.expectSend());
    await reload();
    const again = api.expectSend();
    expect(keyOf(again)).toBe(key);
    expect(again.request.body).toEqual({ message: hello });
    again.flush(answered);
    await api.settle();
    expect(store.outbox()).toEqual([]);
    expect(kept()).toEqual([]);
  });

  it('leaves to its author what was refused, and what is a day old', async () => {
    const refused = store.send(hello);
    api.expectSend().flush({ code: 'country_not_allowed' }, { status: 403, statusText: 'No' });
    await refused;
    await reload();
    expect(only(store.outbox())).toMatchObject({ state: 'failed', isRefused: true });
    store.discard(only(store.outbox()));

    void store.send(hello);
    api.expectSend();
    vi.advanceTimersByTime(24 * 3600 * 1000);
    await reload();
    expect(only(store.outbox())).toMatchObject({ state: 'failed', isRefused: false });
    expect(kept()).toHaveLength(1);
  });

  it('asks again by itself when the network is back', async () => {
    const sending = store.send(hello);
    const first = api.expectSend();
    first.error(new ProgressEvent('error'));
    await sending;
    window.dispatchEvent(new Event('online'));
    expect(keyOf(api.expectSend())).toBe(keyOf(first));
  });

  it('says plainly that a quota is used up', async () => {
    const sending = store.send(hello);
    api
      .expectSend()
      .flush(
        { code: 'minute_quota' },
        { status: 429, statusText: 'No', headers: { 'Retry-After': '20' } },
      );
    await sending;
    expect(only(store.outbox())).toMatchObject({
      problem: 'You are sending very fast. Try again in 20 seconds.',
      isRefused: true,
    });
  });

  it('names the field that is wrong', async () => {
    const sending = store.send(hello);
    api
      .expectSend()
      .flush(
        { code: 'invalid_fields', errors: { recipient_number: ['is invalid'] } },
        { status: 422, statusText: 'Unprocessable' },
      );
    await sending;
    expect(only(store.outbox()).problem).toBe('Phone number is invalid.');
  });

  it('shows a message that the carrier has refused among the others', async () => {
    const sending = store.send(hello);
    const message = aMessage({ content: 'Hello', status: 'failed', error_code: 21211 });
    api
      .expectSend()
      .flush({ code: 'carrier_refused', message }, { status: 422, statusText: 'Unprocessable' });
    await sending;
    expect(store.outbox()).toEqual([]);
    expect(messages()).toEqual([message]);
  });

  it('works without anything being kept', async () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('forbidden', 'SecurityError');
    });
    const sending = store.send(hello);
    api.expectSend().flush(answered);
    await sending;
    expect(messages()).toEqual([answered]);
    vi.restoreAllMocks();
  });

  async function load(): Promise<void> {
    api = testMessaging(OutboxStore);
    TestBed.inject(SessionStorage).write({
      refreshToken: 'r',
      user: { id: 'ada', email: 'ada@example.com' },
    });
    store = TestBed.inject(OutboxStore);
    await api.settle();
    await api.answerConversations([]);
    await api.answerChanges(api.expectChanges(), []);
    const opening = TestBed.inject(ThreadsStore).open(PEER);
    api.answerThread([]);
    await opening;
  }

  async function reload(): Promise<void> {
    TestBed.resetTestingModule();
    await load();
  }
});

describe('withoutArrived', () => {
  const outgoing: Outgoing = {
    key: 'k',
    recipient: PEER,
    content: 'Hello',
    writtenAt: new Date(),
    state: 'sending',
    problem: '',
    isRefused: false,
    others: { upTo: undefined, ids: new Set() },
  };

  it('does not show a message twice when the poll is quicker than the answer', () => {
    expect(withoutArrived([outgoing], [answered])).toEqual([]);
  });

  it('shows two of the same words until both are there', () => {
    expect(withoutArrived([outgoing, { ...outgoing, key: 'l' }], [answered])).toHaveLength(1);
  });

  it('does not take another of the same words for it', () => {
    const older = { ...outgoing, others: { upTo: answered, ids: new Set<string>() } };
    const settled = { ...outgoing, others: { upTo: undefined, ids: new Set(['m1']) } };
    const unknown = { ...outgoing, others: undefined };
    const failed: Outgoing = { ...outgoing, state: 'failed' };
    for (const other of [older, settled, unknown, failed]) {
      expect(withoutArrived([other], [answered])).toEqual([other]);
    }
  });
});

const keyOf = ({ request }: TestRequest): string => request.headers.get('Idempotency-Key') ?? '';

function only<T>(things: readonly T[]): T {
  const [thing, ...more] = things;
  if (thing === undefined || more.length > 0) throw new Error(`${things.length} instead of one`);
  return thing;
}
