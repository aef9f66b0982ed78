import { HttpHeaders, provideHttpClient } from '@angular/common/http';
import {
  HttpTestingController,
  TestRequest,
  provideHttpClientTesting,
} from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { NEVER, concat, of } from 'rxjs';
import { Message } from '../api/models';
import { POLL_INTERVAL_MS } from '../api/poll';
import { SessionStore } from '../session/session-store';
import { LivenessStore } from '../ui/liveness';
import { MessagesClient } from './messages-client';
import { MessagesStore } from './messages-store';
import { aMessage, messages } from './testing';

const hello = { recipient_number: '+14155552671', content: 'Hello' };
const noErrors = {};

describe('MessagesStore', () => {
  let http: HttpTestingController;
  let store: MessagesStore;

  beforeEach(() => {
    vi.useFakeTimers();
    const signedIn = { statusChanges: concat(of('signed-in'), NEVER) };
    TestBed.configureTestingModule({
      providers: [
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: SessionStore, useValue: signedIn },
        MessagesClient,
        MessagesStore,
      ],
    });
    http = TestBed.inject(HttpTestingController);
    store = TestBed.inject(MessagesStore);
    vi.advanceTimersByTime(0);
  });

  afterEach(() => {
    TestBed.resetTestingModule();
    vi.useRealTimers();
  });

  it('loads, and asks next time for changes alone', () => {
    expect(store.isLoaded()).toBe(false);
    answerPoll(messages(1, 2), { etag: 'W/"1"', total: 2 });
    expect(contents()).toEqual(['Message 1', 'Message 2']);
    expect(store.total()).toBe(2);

    vi.advanceTimersByTime(POLL_INTERVAL_MS);
    const request = expectPoll();
    expect(request.request.headers.get('If-None-Match')).toBe('W/"1"');
    request.flush(null, { status: 304, statusText: 'Not Modified' });
    expect(contents()).toEqual(['Message 1', 'Message 2']);
    expect(store.problem()).toBe('');
    expect(TestBed.inject(LivenessStore).liveness().state).toBe('up-to-date');
  });

  it('keeps what is loaded when a reload fails, says so, and goes on', () => {
    answerPoll(messages(1, 2));
    vi.advanceTimersByTime(POLL_INTERVAL_MS);
    expectPoll().flush(null, { status: 503, statusText: 'Unavailable' });
    expect(contents()).toEqual(['Message 1', 'Message 2']);
    expect(store.problem()).toBe('The server has a problem at the moment.');
    expect(TestBed.inject(LivenessStore).liveness().state).toBe('offline');

    vi.advanceTimersByTime(POLL_INTERVAL_MS);
    answerPoll(messages(1, 3));
    expect(contents()).toEqual(['Message 1', 'Message 2', 'Message 3']);
    expect(store.problem()).toBe('');
  });

  it('loads earlier messages, and then keeps an eye on them too', async () => {
    answerPoll(messages(11, 60), { next: true, total: 60 });
    expect(store.hasEarlier()).toBe(true);
    const loading = store.loadEarlier();
    expect(store.loadingEarlier()).toBe(true);
    const request = http.expectOne('/api/messages?limit=200&before=m0011');
    answer(request, messages(1, 10), { total: 60 });
    await loading;
    expect(contents()).toHaveLength(60);
    expect(store.hasEarlier()).toBe(false);

    vi.advanceTimersByTime(POLL_INTERVAL_MS);
    http.expectOne('/api/messages?limit=200');
  });

  it('shows a message at once and replaces it by the real one', async () => {
    answerPoll([]);
    const sending = store.send(hello);
    expect(outgoing()).toMatchObject([{ content: 'Hello', state: 'sending' }]);
    expectSend().flush(aMessage({ content: 'Hello' }));
    expect(await sending).toEqual(noErrors);
    expect(outgoing()).toEqual([]);
    expect(contents()).toEqual(['Hello']);
  });

  it('does not show a message twice when the poll is quicker than the answer', async () => {
    answerPoll([]);
    const sending = store.send(hello);
    const request = expectSend();
    vi.advanceTimersByTime(POLL_INTERVAL_MS);
    answerPoll([aMessage({ content: 'Hello', status: 'pending' })]);
    expect(outgoing()).toEqual([]);
    expect(contents()).toEqual(['Hello']);
    request.flush(aMessage({ content: 'Hello' }));
    await sending;
    expect(contents()).toEqual(['Hello']);
  });

  it('does not take an older message of the same words for the new one', () => {
    answerPoll([aMessage({ content: 'Hello' })]);
    void store.send(hello);
    vi.advanceTimersByTime(POLL_INTERVAL_MS);
    answerPoll([aMessage({ content: 'Hello', status: 'sent' })]);
    expect(outgoing()).toHaveLength(1);
  });

  it('never loses the text, and tries again under the same key', async () => {
    answerPoll([]);
    const sending = store.send(hello);
    const first = expectSend();
    const key = first.request.headers.get('Idempotency-Key');
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    first.error(new ProgressEvent('error'));
    await sending;
    const [failed] = outgoing();
    expect(failed).toMatchObject({
      content: 'Hello',
      state: 'failed',
      problem: 'The server cannot be reached. Check your connection.',
      isEditable: false,
    });

    const again = failed && store.sendAgain(failed);
    expect(outgoing()[0]?.state).toBe('sending');
    const second = expectSend();
    expect(second.request.headers.get('Idempotency-Key')).toBe(key);
    second.flush(aMessage({ content: 'Hello' }));
    await again;
    expect(outgoing()).toEqual([]);
  });

  it('keeps the text where a quota is used up', async () => {
    answerPoll([]);
    const sending = store.send(hello);
    expectSend().flush(
      { code: 'minute_quota' },
      { status: 429, statusText: 'No', headers: { 'Retry-After': '20' } },
    );
    await sending;
    expect(outgoing()).toMatchObject([
      {
        content: 'Hello',
        state: 'failed',
        problem: 'You are sending very fast. Try again in 20 seconds.',
        isEditable: true,
      },
    ]);
  });

  it('hands back what is wrong with the fields', async () => {
    answerPoll([]);
    const sending = store.send(hello);
    expectSend().flush(
      { code: 'invalid_fields', errors: { recipient_number: ['is invalid'] } },
      { status: 422, statusText: 'Unprocessable' },
    );
    expect(await sending).toEqual({ recipient_number: ['is invalid'] });
    expect(store.conversations()).toEqual([]);
  });

  it('shows a message that the carrier has refused among the others', async () => {
    answerPoll([]);
    const sending = store.send(hello);
    const message = aMessage({ content: 'Hello', status: 'failed', error_code: 21211 });
    expectSend().flush(
      { code: 'carrier_refused', message },
      { status: 422, statusText: 'Unprocessable' },
    );
    expect(await sending).toEqual(noErrors);
    expect(store.conversations()[0]?.messages).toEqual([message]);
  });

  function expectPoll(): TestRequest {
    return http.expectOne({ method: 'GET', url: '/api/messages?limit=50' });
  }

  function expectSend(): TestRequest {
    return http.expectOne({ method: 'POST', url: '/api/messages' });
  }

  function answerPoll(rows: Message[], more: Parameters<typeof answer>[2] = {}): void {
    answer(expectPoll(), rows, more);
  }

  function answer(
    request: TestRequest,
    rows: Message[],
    { etag = '', total = rows.length, next = false },
  ): void {
    const link = '</api/messages?before=x>; rel="next"';
    request.flush(rows, {
      headers: new HttpHeaders({
        'X-Total-Count': String(total),
        ...(etag && { ETag: etag }),
        ...(next && { Link: link }),
      }),
    });
  }

  const outgoing = () => store.conversations()[0]?.outgoing ?? [];
  const contents = () =>
    store.conversations().flatMap(({ messages }) => messages.map(({ content }) => content));
});
