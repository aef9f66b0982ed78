import { HttpErrorResponse, HttpRequest } from '@angular/common/http';
import { HttpTestingController, TestRequest } from '@angular/common/http/testing';
import { EnvironmentInjector, createEnvironmentInjector } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { throwError } from 'rxjs';
import { Poll } from '../../api/poll';
import { SessionRepository } from '../../session/session-repository';
import { UserStorage } from '../../session/user-storage';
import { RANDOM } from '../../api/backoff';
import { API_BASE_URL } from '../../api/base-url';
import { ConversationsStore } from '../conversations-store';
import { MessagesClient } from '../messages-client';
import { OutboxStore } from './outbox-store';
import {
  PendingMessage,
  isDefinitelyUnsent,
  presentPending,
  withoutEchoed,
} from './pending-message';
import { isExpired, newPicture } from '../pictures';
import { ThreadsStore } from '../threads-store';
import { FakeApi, aMessage, aMinuteAfter, setUpMessages } from '../testing';

const PEER = '+14155552671';
const hello = { recipient_number: PEER, content: 'Hello' };
const answered = aMessage({ content: 'Hello', created_at: aMinuteAfter(0) });

describe('OutboxStore', () => {
  let api: FakeApi;
  let store: OutboxStore;
  const namespace = () => TestBed.inject(UserStorage).namespace('unsent', 'ada');
  const kept = () => [...namespace().read().keys()];
  const messages = () => TestBed.inject(ThreadsStore).thread(PEER).loaded?.messages ?? [];
  const states = () => store.outbox().map(({ content, state }) => `${content} ${state}`);

  beforeEach(async () => {
    localStorage.clear();
    await load();
  });

  afterEach(() => {
    api.end();
    vi.restoreAllMocks();
    localStorage.clear();
  });

  it('shows a message at once, stores it until it is answered, and replaces it by the stored message of the API', async () => {
    store.send(hello);
    expect(states()).toEqual(['Hello sending']);
    const request = api.expectSend();
    expect(kept()).toEqual([keyOf(request)]);
    request.flush(answered);
    await api.settle();
    expect(store.outbox()).toEqual([]);
    expect(kept()).toEqual([]);
    expect(messages()).toEqual([answered]);
    expect(TestBed.inject(ConversationsStore).rows()[0]?.last).toEqual(answered);
  });

  it('never loses the text, and retries under the same key', async () => {
    store.send(hello);
    const first = api.expectSend();
    expect(keyOf(first)).toMatch(/^[0-9a-f]{32}$/);
    await lose(first);
    expect(only(store.outbox())).toMatchObject({
      content: 'Hello',
      state: 'unanswered',
      problem: "Can't reach the server. Check your connection.",
    });
    store.sendAgain(only(store.outbox()));
    const second = api.expectSend();
    expect(keyOf(second)).toBe(keyOf(first));
    await answer(second);
    expect(store.outbox()).toEqual([]);
  });

  it('repeats a request after a reload in the middle of it', async () => {
    store.send(hello);
    const key = keyOf(api.expectSend());
    await reload();
    const again = api.expectSend();
    expect(keyOf(again)).toBe(key);
    expect(again.request.body).toEqual({ message: hello });
    await answer(again);
    expect(store.outbox()).toEqual([]);
    expect(kept()).toEqual([]);
  });

  describe('with pictures', () => {
    const picture = { ...newPicture(), id: '1', thumbnail: 'data:,', bytes: 9, uploadedAt: 7 };
    const withPicture = { ...hello, content: '', media: [picture] };

    it('repeats the same request after a reload, and shows the same thumbnail', async () => {
      store.send(withPicture);
      const first = api.expectSend();
      expect(first.request.body).toEqual({ message: { ...hello, content: '', media: ['1'] } });
      await reload();
      const again = api.expectSend();
      expect(keyOf(again)).toBe(keyOf(first));
      expect(again.request.body).toEqual(first.request.body);
      expect(only(store.outbox()).media).toMatchObject([{ id: '1', thumbnail: 'data:,' }]);
      await answer(again);
      expect(store.outbox()).toEqual([]);
    });

    it('says that they are gone, and leaves them out when it is edited', async () => {
      store.send(withPicture);
      api.expectSend().flush(
        {
          status: 422,
          code: 'validation_failed',
          detail: 'Media names a picture that is not yours.',
          errors: { media: ['names a picture that is not yours'] },
        },
        { status: 422, statusText: '' },
      );
      await api.settle();
      const pending = only(store.outbox());
      expect(pending).toMatchObject({
        state: 'refused',
        problem: 'The pictures are no longer on the server: edit it, and add them again.',
      });
      expect(pending.media?.map(isExpired)).toEqual([true]);
    });
  });

  it.each([{}, null, [], { status: 'ok' }])(
    'keeps the text where something else answers %j in place of the API',
    async (body) => {
      store.send(hello);
      const first = api.expectSend();
      first.flush(body);
      await api.settle();
      expect(states()).toEqual(['Hello unanswered']);
      expect(kept()).toEqual([keyOf(first)]);
      expect(messages()).toEqual([]);
      await vi.advanceTimersByTimeAsync(1_500);
      const second = api.expectSend();
      expect(keyOf(second)).toBe(keyOf(first));
      await answer(second);
      expect(store.outbox()).toEqual([]);
    },
  );

  it('leaves a refused or day-old message to the user', async () => {
    store.send(hello);
    await refuse(api.expectSend());
    await reload();
    expect(states()).toEqual(['Hello refused']);
    store.discard(only(store.outbox()));

    store.send(hello);
    api.expectSend();
    vi.advanceTimersByTime(24 * 3600 * 1000);
    await reload();
    expect(only(store.outbox())).toMatchObject({ state: 'unanswered', retryAt: undefined });
    expect(kept()).toHaveLength(1);
    window.dispatchEvent(new Event('online'));
    http().expectNone(isSend);
    store.sendAgain(only(store.outbox()));
    await answer(api.expectSend());
    expect(store.outbox()).toEqual([]);
  });

  it('keeps what is stored without all that belongs to it, and may have been sent', async () => {
    const unsent = { recipient: PEER, writtenAt: new Date().toISOString() };
    namespace().set('a', { ...unsent, content: 'Taken?' });
    namespace().set('b', { content: 'Not of our making' });
    await reload();
    http().expectNone(isSend);
    expect(states()).toEqual(['Taken? unanswered']);
    expect(only(store.outbox()).mayBeAccepted).toBe(true);
    store.sendAgain(only(store.outbox()));
    expect(keyOf(api.expectSend())).toBe('a');
  });

  it('retries when the network is back', async () => {
    store.send(hello);
    const first = api.expectSend();
    await lose(first);
    window.dispatchEvent(new Event('online'));
    expect(keyOf(api.expectSend())).toBe(keyOf(first));
  });

  it('waits longer after each unanswered attempt', async () => {
    store.send(hello);
    for (const rest of [1_500, 3_000, 6_000, 12_000, 24_000, 48_000, 60_000, 60_000]) {
      await lose(api.expectSend());
      await vi.advanceTimersByTimeAsync(rest - 1);
      http().expectNone(isSend);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(states()).toEqual(['Hello unanswered']);
    await answer(api.expectSend());
    expect(store.outbox()).toEqual([]);
  });

  it('tries at once after a reload: the API may have been back for long', async () => {
    store.send(hello);
    for (const wait of [1_500, 3_000, 6_000]) {
      await lose(api.expectSend());
      await vi.advanceTimersByTimeAsync(wait);
    }
    const last = api.expectSend();
    await lose(last);
    await reload();
    const repeated = api.expectSend();
    expect(repeated.request.headers.get('Idempotency-Key')).toBe(
      last.request.headers.get('Idempotency-Key'),
    );
    await lose(repeated);
    await vi.advanceTimersByTimeAsync(11_000);
    http().expectNone(isSend);
  });

  it('retries without a network where the API is on this computer', async () => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    store.send(hello);
    await lose(api.expectSend());
    await vi.advanceTimersByTimeAsync(2_000);
    await answer(api.expectSend());
    expect(store.outbox()).toEqual([]);
  });

  describe('where the API is on another computer', () => {
    const elsewhere = { provide: API_BASE_URL, useValue: 'https://sms.example.com' };
    const request = () =>
      http().expectOne({ method: 'POST', url: 'https://sms.example.com/api/messages' });
    const goOnline = (isOnline: boolean): void => {
      vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(isOnline);
      window.dispatchEvent(new Event(isOnline ? 'online' : 'offline'));
    };

    beforeEach(async () => {
      TestBed.resetTestingModule();
      api = setUpMessages(OutboxStore, { provide: RANDOM, useValue: () => 0.5 }, elsewhere);
      TestBed.inject(SessionRepository).write({
        refreshToken: 'r',
        user: { id: 'ada', email: 'ada@example.com' },
      });
      api.start();
      store = TestBed.inject(OutboxStore);
      await api.settle();
    });

    it('holds a message written offline until the network is back, and allows discarding it', async () => {
      goOnline(false);
      store.send(hello);
      await lose(request());
      const pending = only(store.outbox());
      expect(isDefinitelyUnsent(pending)).toBe(true);
      expect(presentPending(pending)).toMatchObject({
        text: "You're offline: it will be sent when you're back",
        icon: 'clock',
        tone: 'muted',
      });
      await vi.advanceTimersByTimeAsync(3600 * 1000);
      http().expectNone(({ method }) => method === 'POST');
      goOnline(true);
      await answer(request());
      expect(store.outbox()).toEqual([]);
    });

    it.each([
      ['offline before', [false, true]],
      ['offline after', [true, false]],
      ['offline before and after, but not between', [false, true, false]],
    ])(
      'does not know whether the API has the message, if the browser was %s',
      async (_, [before, ...later]) => {
        goOnline(before ?? true);
        store.send(hello);
        const sent = request();
        for (const isOnline of later) goOnline(isOnline);
        await lose(sent);
        expect(states()).toEqual(['Hello unanswered']);
        expect(presentPending(only(store.outbox())).text).toBe('Waiting for a response');
        expect(store.discard(only(store.outbox()))).toBe(false);
      },
    );

    it('remembers offline that an earlier attempt may have been accepted', async () => {
      store.send(hello);
      await lose(request());
      goOnline(false);
      store.sendAgain(only(store.outbox()));
      await lose(request());
      expect(states()).toEqual(['Hello unanswered']);
    });
  });

  it('stops after a day, and later messages do not overtake', async () => {
    store.send(hello);
    store.send({ ...hello, content: 'Later' });
    await lose(api.expectSend());
    for (let hours = 0; hours < 24; hours += 1) {
      await vi.advanceTimersByTimeAsync(3600 * 1000);
      for (const request of http().match(isSend)) await lose(request);
    }
    await vi.advanceTimersByTimeAsync(120_000);
    http().expectNone(isSend);
    expect(store.outbox()).toMatchObject([
      { state: 'unanswered', retryAt: undefined },
      {
        state: 'postponed',
        retryAt: undefined,
        problem: 'It has been waiting here for more than a day.',
      },
    ]);
  });

  describe('to one person', () => {
    const one = { ...hello, content: 'One' };
    const two = { ...hello, content: 'Two' };
    const three = { ...hello, content: 'Three' };

    it('sends in the order of writing, each once the one before is answered', async () => {
      for (const message of [one, two, three]) store.send(message);
      expect(states()).toEqual(['One sending', 'Two queued', 'Three queued']);
      await lose(api.expectSend());
      expect(states()).toEqual(['One unanswered', 'Two queued', 'Three queued']);
      window.dispatchEvent(new Event('online'));
      for (const { content } of [one, two, three]) {
        const request = api.expectSend();
        expect(contentOf(request)).toBe(content);
        await answer(request);
      }
      expect(store.outbox()).toEqual([]);
    });

    it('keeps that order over a reload, also when all were written in one moment', async () => {
      for (const message of [one, two, three]) store.send(message);
      await lose(api.expectSend());
      await reload();
      expect(states()).toEqual(['One unanswered', 'Two queued', 'Three queued']);
      await vi.advanceTimersByTimeAsync(1_500);
      for (const { content } of [one, two, three]) {
        const request = api.expectSend();
        expect(contentOf(request)).toBe(content);
        await answer(request);
      }
    });

    it('keeps that order when the clock is set back', async () => {
      store.send(one);
      vi.setSystemTime(Date.now() - 3600 * 1000);
      store.send(two);
      await reload();
      expect(states()).toEqual(['One sending', 'Two queued']);
    });

    it('goes on after a refused message', async () => {
      store.send(one);
      store.send(two);
      await refuse(api.expectSend());
      expect(states()).toEqual(['One refused', 'Two sending']);
      expect(contentOf(api.expectSend())).toBe('Two');
    });

    it('goes on when the message before is discarded', async () => {
      store.send(one);
      store.send(two);
      await postpone(api.expectSend(), 20);
      expect(store.discard(first(store.outbox()))).toBe(true);
      expect(contentOf(api.expectSend())).toBe('Two');
    });

    it('allows discarding only what the API certainly does not have', async () => {
      store.send(one);
      store.send(two);
      const request = api.expectSend();
      expect(store.outbox().map((pending) => store.discard(pending))).toEqual([false, true]);
      await lose(request);
      expect(store.discard(first(store.outbox()))).toBe(false);
      expect(states()).toEqual(['One unanswered']);
    });

    it('does not delay messages to others', async () => {
      store.send(one);
      store.send({ recipient_number: '+4915123456789', content: 'Hallo' });
      const requests = http().match(isSend);
      expect(requests.map(contentOf)).toEqual(['One', 'Hallo']);
      for (const request of requests.slice(0, 1)) await lose(request);
      for (const request of requests.slice(1)) await answer(request);
      expect(states()).toEqual(['One unanswered']);
    });
  });

  it('sends from a hidden tab too', async () => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    store.send(hello);
    await lose(api.expectSend());
    await vi.advanceTimersByTimeAsync(1_500);
    await answer(api.expectSend());
    expect(store.outbox()).toEqual([]);
  });

  it('waits as long as Retry-After says plus jitter, and shows until when', async () => {
    store.send(hello);
    store.send({ ...hello, content: 'After it' });
    const sentAt = Date.now();
    await postpone(api.expectSend(), 20);
    expect(first(store.outbox())).toMatchObject({
      state: 'postponed',
      problem: 'You are sending too fast.',
      retryAt: new Date(sentAt + 22_500),
    });
    window.dispatchEvent(new Event('online'));
    await reload();
    await vi.advanceTimersByTimeAsync(sentAt + 22_499 - Date.now());
    http().expectNone(isSend);
    await vi.advanceTimersByTimeAsync(1);
    await answer(api.expectSend());
    expect(contentOf(api.expectSend())).toBe('After it');
  });

  it.each([
    [400, 'malformed', 'refused'],
    [401, 'not_signed_in', 'unanswered'],
    [403, 'some_reason', 'refused'],
    [404, 'not_found', 'unanswered'],
    [408, 'too_slow', 'unanswered'],
    [409, 'some_conflict', 'refused'],
    [413, 'request_too_large', 'refused'],
    [415, 'unsupported_media_type', 'refused'],
    [422, 'invalid_fields', 'refused'],
    [429, 'day_quota', 'postponed'],
    [500, 'internal', 'unanswered'],
    [503, 'database_unavailable', 'unanswered'],
  ])('after %i %s it is %s', async (status, code, state) => {
    store.send(hello);
    api.expectSend().flush({ code }, { status, statusText: 'No' });
    await api.settle();
    expect(only(store.outbox()).state).toBe(state);
  });

  it.each([403, 413, 429, 502])(
    'does not take a %i without a code for an answer of the API',
    async (status) => {
      store.send(hello);
      api.expectSend().flush('<h1>Sorry</h1>', { status, statusText: 'No' });
      await api.settle();
      expect(only(store.outbox()).state).toBe('unanswered');
    },
  );

  it('does not take an error of the session for an answer about the message', () => {
    const problem = { status: 422, error: { code: 'invalid_fields' } };
    const client = TestBed.inject(MessagesClient);
    vi.spyOn(client, 'send').mockReturnValue(
      throwError(() => new HttpErrorResponse({ ...problem, url: '/users/token' })),
    );
    store.send(hello);
    return api.settle().then(() => {
      expect(only(store.outbox()).state).toBe('unanswered');
    });
  });

  it('keeps an unanswered message unanswered after a later 429', async () => {
    store.send(hello);
    await lose(api.expectSend());
    window.dispatchEvent(new Event('online'));
    await postpone(api.expectSend(), 20);
    expect(only(store.outbox())).toMatchObject({ state: 'unanswered', mayBeAccepted: true });
    expect(store.discard(only(store.outbox()))).toBe(false);
  });

  it('names the invalid field', async () => {
    store.send(hello);
    const errors = { recipient_number: ['is invalid'] };
    api
      .expectSend()
      .flush({ code: 'invalid_fields', errors }, { status: 422, statusText: 'Unprocessable' });
    await api.settle();
    expect(only(store.outbox())).toMatchObject({
      problem: 'Phone number is invalid.',
      isRecipientError: true,
    });
  });

  it.each(['carrier_refused', 'message_expired', 'message_canceled'])(
    'shows a stored message that will not be sent like any other (%s)',
    async (code) => {
      store.send(hello);
      const message = aMessage({ content: 'Hello', status: 'failed' });
      api.expectSend().flush({ code, message }, { status: 422, statusText: 'Unprocessable' });
      await api.settle();
      expect(store.outbox()).toEqual([]);
      expect(messages()).toEqual([message]);
    },
  );

  it('drops a message that was sent, and deleted since', async () => {
    store.send(hello);
    await lose(api.expectSend());
    window.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(10_000);
    const again = api.expectSend();
    again.flush({ code: 'message_deleted' }, { status: 409, statusText: 'Conflict' });
    await api.settle();
    expect(store.outbox()).toEqual([]);
    expect(messages()).toEqual([]);
  });

  it('works without storage', async () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('forbidden', 'SecurityError');
    });
    store.send({ ...hello, content: 'One' });
    store.send({ ...hello, content: 'Two' });
    await lose(api.expectSend());
    window.dispatchEvent(new Event('online'));
    await answer(api.expectSend());
    expect(contentOf(api.expectSend())).toBe('Two');
  });

  describe('with another tab', () => {
    const theirs = (content: string, ago = 0): object => ({
      ...{ recipient: PEER, content, writtenAt: new Date(Date.now() - ago).toISOString() },
      ...{ state: 'sending', problem: '', failures: 0, retryAt: null },
      ...{ isRecipientError: false, mayBeAccepted: false },
    });
    const notify = () => window.dispatchEvent(new StorageEvent('storage', { key: null }));

    it('never stores a message again that the other tab has settled', async () => {
      for (const late of [lose, refuse, (request: TestRequest) => postpone(request, 20)]) {
        store.send(hello);
        const request = api.expectSend();
        namespace().remove(keyOf(request));
        await late(request);
        expect(kept()).toEqual([]);
        expect(store.outbox()).toEqual([]);
      }
    });

    it('removes a settled message that an old tab stores again', async () => {
      store.send(hello);
      const request = api.expectSend();
      await answer(request);
      namespace().set(keyOf(request), theirs('Hello'));
      notify();
      expect(kept()).toEqual([]);
      expect(store.outbox()).toEqual([]);
      http().expectNone(isSend);
    });

    it("shows the other tab's message, and leaves it to that tab for as long as an attempt may take", async () => {
      namespace().set('theirs', theirs('Over there'));
      notify();
      expect(states()).toEqual(['Over there sending']);
      await vi.advanceTimersByTimeAsync(60_000);
      http().expectNone(isSend);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(keyOf(api.expectSend())).toBe('theirs');
    });

    it('drops a message that the other tab has settled, and polls at once', () => {
      store.send(hello);
      namespace().set('theirs', theirs('Over there'));
      notify();
      const now = vi.spyOn(TestBed.inject(Poll), 'now');
      namespace().remove('theirs');
      notify();
      expect(states()).toEqual(['Hello sending']);
      expect(now).toHaveBeenCalledOnce();
    });

    it("waits for the other tab's earlier message, and sends it if necessary", async () => {
      namespace().set('theirs', theirs('First, over there', 1000));
      store.send(hello);
      expect(states()).toEqual(['First, over there sending', 'Hello queued']);
      const request = api.expectSend();
      expect(keyOf(request)).toBe('theirs');
      await answer(request);
      expect(contentOf(api.expectSend())).toBe('Hello');
    });

    it('respects the Retry-After that the other tab was given', async () => {
      const retryAt = new Date(Date.now() + 300_000).toISOString();
      namespace().set('theirs', { ...theirs('Wait', 1000), state: 'postponed', retryAt });
      store.send(hello);
      await vi.advanceTimersByTimeAsync(299_000);
      http().expectNone(isSend);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(keyOf(api.expectSend())).toBe('theirs');
    });

    it('is not stored again by a late response in a closed page', async () => {
      store.send(hello);
      const late = api.expectSend();
      const successor = createEnvironmentInjector(
        [{ provide: OutboxStore, useFactory: () => new OutboxStore() }],
        TestBed.inject(EnvironmentInjector),
      );
      const second = successor.get(OutboxStore);
      await answer(api.expectSend());
      expect(second.outbox()).toEqual([]);
      await lose(late);
      expect(kept()).toEqual([]);
      expect(store.outbox()).toEqual([]);
      successor.destroy();
    });
  });

  const http = () => TestBed.inject(HttpTestingController);

  async function answer(request: TestRequest): Promise<void> {
    request.flush({ ...answered, _id: keyOf(request), content: contentOf(request) });
    await api.settle();
  }

  async function lose(request: TestRequest): Promise<void> {
    request.error(new ProgressEvent('error'));
    await api.settle();
  }

  async function refuse(request: TestRequest): Promise<void> {
    request.flush({ code: 'country_not_allowed' }, { status: 422, statusText: 'No' });
    await api.settle();
  }

  async function postpone(request: TestRequest, seconds: number): Promise<void> {
    const headers = { 'Retry-After': String(seconds) };
    request.flush({ code: 'minute_quota' }, { status: 429, statusText: 'No', headers });
    await api.settle();
  }

  async function load(): Promise<void> {
    api = setUpMessages(OutboxStore, { provide: RANDOM, useValue: () => 0.5 });
    TestBed.inject(SessionRepository).write({
      refreshToken: 'r',
      user: { id: 'ada', email: 'ada@example.com' },
    });
    api.start();
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

describe('withoutEchoed', () => {
  const pending: PendingMessage = {
    key: 'k',
    recipient: PEER,
    content: 'Hello',
    writtenAt: new Date(),
    state: 'sending',
    problem: '',
    isRecipientError: false,
    mayBeAccepted: false,
    failures: 0,
    retryAt: undefined,
  };
  const echo = aMessage({ client_id: 'k' });

  it('does not show a message twice, whatever has become of its request', () => {
    expect(withoutEchoed([pending, { ...pending, state: 'unanswered' }], [echo])).toEqual([]);
  });

  it('does not confuse it with another message of the same text', () => {
    const others = [aMessage({ client_id: null }), aMessage({ client_id: 'another' })];
    expect(withoutEchoed([pending], others)).toEqual([pending]);
  });
});

const keyOf = ({ request }: TestRequest): string => request.headers.get('Idempotency-Key') ?? '';

const isSend = ({ method, url }: HttpRequest<unknown>): boolean =>
  method === 'POST' && url === '/api/messages';

const contentOf = ({ request }: TestRequest): string =>
  (request.body as { message: { content: string } }).message.content;

function first<T>(things: readonly T[]): T {
  const [thing] = things;
  if (thing === undefined) throw new Error('none');
  return thing;
}

function only<T>(things: readonly T[]): T {
  const [thing, ...more] = things;
  if (thing === undefined || more.length > 0) throw new Error(`${things.length} instead of one`);
  return thing;
}
