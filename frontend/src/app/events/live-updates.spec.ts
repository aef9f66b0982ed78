import { TestBed } from '@angular/core/testing';
import { BehaviorSubject, Subscription } from 'rxjs';
import { API_BASE_URL } from '../api/base-url';
import { RANDOM } from '../api/backoff';
import { PageActivity } from '../api/page-activity';
import { SessionStore } from '../session/session-store';
import { EventsClient, FETCH } from './events-client';
import {
  LiveUpdates,
  MOST_FAILURES,
  RARE_MS,
  SHORTEST_RECONNECT_MS,
  SHORT_LIFE_MS,
  SILENCE_MS,
} from './live-updates';

const API = 'https://api.example';
const realTimeout = globalThis.setTimeout;
const KEEP_ALIVE = ': ping\n\n';

/** A request for a stream, and its response. */
class StreamRequest {
  isAborted = false;
  readonly headers: Headers;
  #respond: (response: Response) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(
    readonly url: string,
    init: RequestInit,
  ) {
    this.headers = new Headers(init.headers);
    init.signal?.addEventListener('abort', () => {
      this.isAborted = true;
      const error = new DOMException('aborted', 'AbortError');
      this.#fail(error);
      this.#body?.error(error);
    });
  }

  readonly response = new Promise<Response>((resolve, reject) => {
    this.#respond = resolve;
    this.#fail = reject;
  });

  async open(text = 'retry: 2000\n\n', type = 'text/event-stream; charset=utf-8'): Promise<void> {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
      },
    });
    this.#respond(new Response(body, { headers: { 'Content-Type': type } }));
    await this.write(text);
  }

  async write(text: string): Promise<void> {
    this.#body?.enqueue(new TextEncoder().encode(text));
    await settle();
  }

  async end(): Promise<void> {
    this.#body?.close();
    await settle();
  }

  async refuse(status: number, headers: Record<string, string> = {}): Promise<void> {
    this.#respond(new Response('{}', { status, headers }));
    await settle();
  }

  async fail(): Promise<void> {
    this.#fail(new TypeError('Failed to fetch'));
    await settle();
  }
}

/** Lets everything happen that waits for nothing but other code. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => realTimeout(resolve));
}

async function advance(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
}

describe('LiveUpdates', () => {
  let requests: StreamRequest[];
  let following: Subscription;
  const changed = vi.fn();
  const random = vi.fn(() => 1);
  const sessionStatus = new BehaviorSubject('signed-in');
  const session = {
    statusChanges: sessionStatus,
    accessToken: vi.fn(() => Promise.resolve('access-1')),
    accessTokenInsteadOf: vi.fn(() => Promise.resolve('access-2')),
  };
  const last = (): StreamRequest => {
    const request = requests.at(-1);
    if (request === undefined) throw new Error('No stream was asked for');
    return request;
  };

  beforeAll(async () => {
    await import('eventsource-parser');
  });

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    requests = [];
    changed.mockReset();
    random.mockReturnValue(1);
    session.accessToken.mockClear();
    session.accessTokenInsteadOf.mockClear();
    sessionStatus.next('signed-in');
    await follow(API);
  });

  afterEach(() => {
    following.unsubscribe();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('closes a stream of which it cannot read an event', async () => {
    await last().open();
    await last().write(`data: ${'x'.repeat(20_000)}`);
    await last().write('x');
    expect(last().isAborted).toBe(true);
    await advance(SHORTEST_RECONNECT_MS);
    await advance(SHORT_LIFE_MS);
    expect(requests).toHaveLength(2);
  });

  it('sends the token in a header, never in the address', () => {
    expect(last().url).toBe(`${API}/api/events`);
    expect(last().headers.get('Authorization')).toBe('Bearer access-1');
    expect(last().headers.has('Last-Event-ID')).toBe(false);
  });

  it('tells of each event, and of no comment', async () => {
    await last().open();
    await last().write(KEEP_ALIVE);
    expect(changed).not.toHaveBeenCalled();
    await last().write('event: resync\ndata: {"revision": 3}\nid: 3\n\nevent: changes\nda');
    expect(changed).toHaveBeenCalledTimes(1);
    await last().write('ta: {"revision": 4}\nid: 4\n\n');
    expect(changed).toHaveBeenCalledTimes(2);
  });

  it('resumes after the last event, when the API says', async () => {
    await last().open('retry: 2000\n\nevent: resync\ndata: {}\nid: 7\n\n');
    await advance(SHORT_LIFE_MS);
    await last().end();
    await advance(1_999);
    expect(requests).toHaveLength(1);
    await advance(1);
    expect(requests).toHaveLength(2);
    expect(last().headers.get('Last-Event-ID')).toBe('7');
  });

  it('gets another token if the API refuses the first', async () => {
    await last().refuse(401);
    expect(session.accessTokenInsteadOf).toHaveBeenCalledWith('access-1');
    expect(last().headers.get('Authorization')).toBe('Bearer access-2');
    await last().open('event: changes\ndata: {}\nid: 1\n\n');
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it('waits longer with each failure, and at last tries rarely', async () => {
    const waits = [2, 4, 8, 16, 32, 64].map((seconds) => seconds * 1000);
    expect(waits).toHaveLength(MOST_FAILURES);
    let count = 1;
    for (const wait of [...waits, RARE_MS * 1.25, RARE_MS * 1.25]) {
      await last().fail();
      await advance(wait - 1);
      expect(requests).toHaveLength(count);
      await advance(1);
      count += 1;
      expect(requests).toHaveLength(count);
    }
    await last().open();
    await advance(SHORT_LIFE_MS);
    await last().end();
    await advance(2_000);
    expect(requests).toHaveLength(count + 1);
  });

  it.each([
    ['answers 503', (request: StreamRequest) => request.refuse(503)],
    ['is not a stream', (request: StreamRequest) => request.open('<!doctype html>', 'text/html')],
    [
      'ends at once',
      async (request: StreamRequest) => {
        await request.open();
        await request.end();
      },
    ],
  ])('counts as a failure if it %s', async (_, fail) => {
    await fail(last());
    await advance(1_999);
    expect(requests).toHaveLength(1);
    await advance(1);
    await fail(last());
    await advance(3_999);
    expect(requests).toHaveLength(2);
    await advance(1);
    expect(requests).toHaveLength(3);
  });

  it('comes back no sooner than a Retry-After says, whatever wakes it up', async () => {
    random.mockReturnValue(0);
    await last().refuse(429, { 'Retry-After': '60' });
    window.dispatchEvent(new Event('online'));
    await advance(30_000);
    show('hidden');
    show('visible');
    await advance(29_999);
    expect(requests).toHaveLength(1);
    await advance(1);
    expect(requests).toHaveLength(2);
  });

  it('gives up a stream on which nothing comes', async () => {
    await last().open();
    await advance(SILENCE_MS - 1);
    await last().write(KEEP_ALIVE);
    await advance(SILENCE_MS - 1);
    expect(last().isAborted).toBe(false);
    await advance(1);
    expect(requests[0]?.isAborted).toBe(true);
    await advance(2_000);
    expect(requests).toHaveLength(2);
  });

  it('counts a stream that is held back as a failure', async () => {
    for (const wait of [2_000, 4_000, 8_000]) {
      const count = requests.length;
      await advance(SILENCE_MS + wait - 1);
      expect(requests).toHaveLength(count);
      await advance(1);
      expect(requests).toHaveLength(count + 1);
    }
  });

  it('has no stream while the page is hidden, and resumes when it is visible', async () => {
    await last().open('event: resync\ndata: {}\nid: 7\n\n');
    await advance(SHORTEST_RECONNECT_MS);
    show('hidden');
    await settle();
    expect(last().isAborted).toBe(true);
    await advance(600_000);
    expect(requests).toHaveLength(1);
    show('visible');
    await advance(0);
    expect(requests).toHaveLength(2);
    expect(last().headers.get('Last-Event-ID')).toBe('7');
  });

  it('keeps its stream in a hidden page that is still in use', async () => {
    await last().open();
    TestBed.inject(PageActivity).stayActive(true);
    show('hidden');
    await settle();
    expect(last().isAborted).toBe(false);
    TestBed.inject(PageActivity).stayActive(false);
    await settle();
    expect(last().isAborted).toBe(true);
  });

  it('reconnects at once in another network, though not in quick succession', async () => {
    await last().open();
    await advance(SHORT_LIFE_MS);
    window.dispatchEvent(new Event('online'));
    await advance(0);
    expect(requests).toHaveLength(2);
    for (let times = 0; times < 5; times += 1) {
      window.dispatchEvent(new Event('online'));
      await advance(100);
    }
    expect(requests).toHaveLength(2);
    await advance(SHORTEST_RECONNECT_MS);
    expect(requests).toHaveLength(3);
  });

  it('tries at once when the network is back', async () => {
    await last().fail();
    await advance(1_000);
    window.dispatchEvent(new Event('online'));
    await advance(0);
    expect(requests).toHaveLength(2);
  });

  it('tries again without a network where the API is on this computer', async () => {
    following.unsubscribe();
    TestBed.resetTestingModule();
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    await follow('http://localhost:8000');
    const before = requests.length;
    await last().fail();
    await advance(2_000);
    expect(requests).toHaveLength(before + 1);
  });

  it('does not try again without a network', async () => {
    const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    await last().fail();
    await advance(600_000);
    expect(requests).toHaveLength(1);
    online.mockReturnValue(true);
    window.dispatchEvent(new Event('online'));
    await advance(0);
    expect(requests).toHaveLength(2);
  });

  it('has no stream while the session cannot be renewed', async () => {
    await last().open();
    sessionStatus.next('unavailable');
    await settle();
    expect(last().isAborted).toBe(true);
    await advance(600_000);
    expect(requests).toHaveLength(1);
    expect(session.accessToken).toHaveBeenCalledTimes(1);
  });

  it('leaves it to the session what a refused token means', async () => {
    session.accessTokenInsteadOf.mockRejectedValueOnce(new Error('No user is signed in'));
    await last().refuse(401);
    expect(requests).toHaveLength(1);
    await advance(2_000);
    expect(requests).toHaveLength(2);
  });

  it('ends when nobody follows it', async () => {
    await last().open();
    following.unsubscribe();
    await settle();
    expect(last().isAborted).toBe(true);
    await advance(600_000);
    expect(requests).toHaveLength(1);
  });

  async function follow(api: string): Promise<void> {
    const get = (url: string, init: RequestInit): Promise<Response> => {
      requests.push(new StreamRequest(url, init));
      return last().response;
    };
    TestBed.configureTestingModule({
      providers: [
        EventsClient,
        LiveUpdates,
        { provide: API_BASE_URL, useValue: api },
        { provide: FETCH, useValue: get },
        { provide: RANDOM, useValue: random },
        { provide: SessionStore, useValue: session },
      ],
    });
    following = TestBed.inject(LiveUpdates).changes().subscribe(changed);
    await advance(0);
  }
});

function show(state: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
  document.dispatchEvent(new Event('visibilitychange'));
}
