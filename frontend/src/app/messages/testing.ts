import { HttpHeaders, provideHttpClient } from '@angular/common/http';
import {
  HttpTestingController,
  TestRequest,
  provideHttpClientTesting,
} from '@angular/common/http/testing';
import { EnvironmentProviders, Provider, signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { NEVER, concat, of } from 'rxjs';
import { vi } from 'vitest';
import { Conversation, Message, OptOut, Unread } from '../api/models';
import { POLL_INTERVAL_MS } from '../api/poll';
import { ContactNames } from '../phone-numbers/contact-names';
import { SessionStore } from '../session/session-store';
import { MessageCache } from './cache/message-cache';
import { Conversations } from './conversations';
import { ConversationsStore } from './conversations-store';
import { MessageSync } from './message-sync';
import { MessagesClient } from './messages-client';
import { OptOutsStore } from './opt-outs/opt-outs-store';
import { StatusAnnouncer } from './status-announcer';
import { ThreadMessages } from './thread-messages';
import { ThreadsStore } from './threads-store';
import { CachedUnread, UnreadStore, totalOf } from './unread-store';

const NOON = Date.UTC(2026, 10, 22, 12);

/** A message for tests. */
export function aMessage(members: Partial<Message>): Message {
  const created_at = new Date(NOON).toISOString();
  return {
    _id: 'm1',
    direction: 'outbound',
    from_number: '+15005550006',
    recipient_number: '+14155552671',
    peer_number: '+14155552671',
    content: 'Hello',
    status: 'queued',
    cancel_requested: false,
    twilio_sid: null,
    client_id: null,
    error_code: null,
    error_message: null,
    explanation: null,
    retry_of: null,
    segments: 1,
    num_media: 0,
    media: [],
    created_at,
    updated_at: created_at,
    version: 1,
    content_removed_at: null,
    deleted_at: null,
    ...members,
  };
}

/** Messages m1, m2 … mN, each a second after the one before; newest first, as the API lists them. */
export function messages(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const number = to - index;
    const at = new Date(NOON + number * 1000).toISOString();
    return aMessage({
      _id: `m${String(number).padStart(4, '0')}`,
      content: `Message ${number}`,
      created_at: at,
      updated_at: at,
    });
  });
}

/** The message as a change tells of it once it is deleted. */
export function deleted(message: Message | undefined): Message {
  if (!message) throw new Error('There is no such message');
  const deleted_at = new Date(NOON).toISOString();
  return { ...message, content: '', deleted_at, version: message.version + 1 };
}

/** A minute after the time of this message: later than that of the messages near it. */
export function aMinuteAfter(number: number): string {
  return new Date(NOON + number * 1000 + 60_000).toISOString();
}

/** What the browser has cached before the test, and what it has stored since. */
export class FakeCache implements Pick<MessageCache, keyof MessageCache> {
  readonly cached = new Map<string, Conversations | ThreadMessages>();
  readonly put = new Map<string, Conversations | ThreadMessages>();
  readonly changes: Message[] = [];
  /** Of people, both cached and put. */
  names: ReadonlyMap<string, string> = new Map();
  unread: CachedUnread = { counts: new Map(), muted: new Set() };

  conversations(): ReturnType<MessageCache['conversations']> {
    const conversations = this.cached.get('conversations') as Conversations | undefined;
    return Promise.resolve(
      conversations && { conversations, names: this.names, unread: this.unread },
    );
  }

  putConversations(
    conversations: Conversations,
    names: Pick<ContactNames, 'select'>,
    unread: Pick<UnreadStore, 'select'>,
  ): Promise<void> {
    this.put.set('conversations', conversations);
    const peers = conversations.rows.map(({ peer }) => peer);
    this.names = names.select(peers);
    this.unread = unread.select(peers);
    return Promise.resolve();
  }

  thread(peer: string): Promise<ThreadMessages | undefined> {
    return Promise.resolve(this.cached.get(peer) as ThreadMessages | undefined);
  }

  putThread(peer: string, _: number, loaded: ThreadMessages): Promise<void> {
    this.put.set(peer, loaded);
    return Promise.resolve();
  }

  forgetThreads(): Promise<void> {
    for (const key of this.cached.keys()) if (key !== 'conversations') this.cached.delete(key);
    return Promise.resolve();
  }

  applyChanges(messages: readonly Message[]): Promise<void> {
    this.changes.push(...messages);
    return Promise.resolve();
  }
}

/** What a test says is unread. Nothing is asked for. */
export class FakeUnread implements Pick<
  UnreadStore,
  | 'of'
  | 'ofLastAnswer'
  | 'totalOf'
  | 'inboundOf'
  | 'markRead'
  | 'markUnread'
  | 'isArchived'
  | 'archive'
  | 'mute'
  | 'select'
  | 'restore'
> {
  readonly counts = signal<Readonly<Record<string, number>>>({});
  readonly isKnown = signal(true);
  readonly inbound = new Map<string, number>();
  readonly marked: string[] = [];
  /** With the time of the last message of each. */
  readonly archived = signal<ReadonlyMap<string, string>>(new Map());
  readonly muted = signal<ReadonlySet<string>>(new Set());

  of(peer: string): number {
    return this.counts()[peer] ?? 0;
  }

  select(peers: readonly string[]): CachedUnread {
    return {
      counts: new Map(peers.map((peer) => [peer, this.of(peer)])),
      muted: new Set(peers.filter((peer) => this.muted().has(peer))),
    };
  }

  restore({ counts, muted }: CachedUnread): void {
    this.counts.set(Object.fromEntries(counts));
    this.muted.set(muted);
  }

  inboundOf(peer: string): number | undefined {
    return this.inbound.get(peer);
  }

  markRead(peer: string, inbound?: number): void {
    this.marked.push(`${peer} read${inbound === undefined ? '' : ` up to ${inbound}`}`);
    this.counts.update((counts) => ({ ...counts, [peer]: 0 }));
  }

  markUnread(peer: string): void {
    this.marked.push(`${peer} unread`);
  }

  isArchived({ peer_number, created_at }: Message): boolean {
    return created_at <= (this.archived().get(peer_number) ?? '');
  }

  archive(peer: string, lastAt: string | undefined): void {
    const archived = new Map(this.archived()).set(peer, lastAt ?? '');
    if (lastAt === undefined) archived.delete(peer);
    this.archived.set(archived);
  }

  mute(peer: string, isMuted: boolean): void {
    const muted = new Set(this.muted());
    if (isMuted) muted.add(peer);
    else muted.delete(peer);
    this.muted.set(muted);
  }

  ofLastAnswer(peer: string): number {
    return this.of(peer);
  }

  totalOf(peers: Iterable<string>): number {
    return totalOf(this, peers);
  }
}

export interface Answer {
  readonly total?: number;
  readonly etag?: string;
  readonly next?: boolean;
  readonly prev?: boolean;
  /** Null for an API that knows none. */
  readonly revision?: number | null;
}

/** Sets up the messages domain with a fake API and fake timers. `start` of the result starts the sync. */
/** Who has opted out, as a test says. Nobody is asked about. */
export class FakeOptOuts implements Pick<OptOutsStore, 'of' | 'canBeWrittenTo' | 'loadUnknown'> {
  readonly optedOut = signal<readonly string[]>([]);
  readonly askedAbout = new Set<string>();

  of(number: string): OptOut {
    const opted_out = this.optedOut().includes(number);
    return { number, opted_out, latest: null, history: [] };
  }

  canBeWrittenTo(sender: string): boolean {
    return !this.optedOut().includes(sender);
  }

  loadUnknown(numbers: readonly string[]): void {
    for (const number of numbers) this.askedAbout.add(number);
  }
}

export function setUpMessages(...more: (Provider | EnvironmentProviders)[]): FakeApi {
  vi.useFakeTimers();
  const signedIn = {
    statusChanges: concat(of('signed-in'), NEVER),
    user: () => ({ id: 'ada', email: 'ada@example.com' }),
  };
  TestBed.configureTestingModule({
    providers: [
      provideHttpClient(),
      provideHttpClientTesting(),
      { provide: SessionStore, useValue: signedIn },
      ...[ConversationsStore, MessageCache, MessageSync, MessagesClient],
      ...[StatusAnnouncer, ThreadsStore, { provide: UnreadStore, useClass: FakeUnread }],
      { provide: OptOutsStore, useClass: FakeOptOuts },
      ...more,
    ],
  });
  return new FakeApi(TestBed.inject(HttpTestingController));
}

export class FakeApi {
  constructor(private readonly http: HttpTestingController) {}

  /** Creates the stores and starts the sync, as the application does for a signed-in user. */
  start(): void {
    TestBed.inject(ConversationsStore);
    TestBed.inject(ThreadsStore);
    TestBed.inject(StatusAnnouncer);
    TestBed.inject(MessageSync).start();
  }

  /** Runs everything that is due now. */
  async settle(): Promise<void> {
    TestBed.tick();
    await vi.advanceTimersByTimeAsync(0);
  }

  async nextPoll(): Promise<void> {
    await vi.advanceTimersByTimeAsync(POLL_INTERVAL_MS);
  }

  /** Answers with the conversations that have these last messages. */
  async answerConversations(last: Message[], answer: Answer = {}): Promise<void> {
    flush(this.http.expectOne('/api/conversations?limit=50'), last.map(toConversation), answer);
    await this.settle();
  }

  refuseConversations(): void {
    const refusal = { status: 503, statusText: 'Service Unavailable' };
    this.http.expectOne('/api/conversations?limit=50').flush({}, refusal);
  }

  expectMoreConversations(): TestRequest {
    return this.http.expectOne(
      ({ url, params }) => url === '/api/conversations' && params.has('before'),
    );
  }

  answerMoreConversations(request: TestRequest, last: Message[], answer: Answer = {}): void {
    flush(request, last.map(toConversation), answer);
  }

  expectUnread(): TestRequest {
    return this.http.expectOne('/api/conversations/unread');
  }

  async answerUnread(
    conversations: Unread['conversations'],
    etag = 'W/"u"',
    archived: Unread['archived'] = [],
    muted: Unread['muted'] = [],
  ): Promise<void> {
    const total = conversations.reduce((sum, { unread }) => sum + unread, 0);
    const unread: Unread = { total, conversations, archived, muted };
    this.expectUnread().flush(unread, { headers: { ETag: etag } });
    await this.settle();
  }

  expectConversation(
    method: 'GET' | 'PUT' | 'DELETE',
    peer: string,
    flag: 'archived' | 'muted' = 'archived',
  ): TestRequest {
    const url = `/api/conversations/${encodeURIComponent(peer)}`;
    return this.http.expectOne({ method, url: method === 'GET' ? url : `${url}/${flag}` });
  }

  /** Answers with the archived conversations that have these last messages. */
  async answerArchived(last: Message[]): Promise<void> {
    const url = '/api/conversations?limit=50&archived=true';
    flush(this.http.expectOne(url), last.map(toConversation), {});
    await this.settle();
  }

  /** A request that marks a conversation with this number as read. */
  expectMark(peer: string, as: 'read' | 'unread'): TestRequest {
    const url = `/api/conversations/${encodeURIComponent(peer)}/${as}`;
    return this.http.expectOne({ method: 'PUT', url });
  }

  expectChanges(): TestRequest {
    return this.http.expectOne(({ url }) => url === '/api/messages/changes');
  }

  /** The newest of all messages. */
  expectMessages(): TestRequest {
    return this.http.expectOne('/api/messages?limit=200');
  }

  async answerChanges(request: TestRequest, rows: Message[], answer: Answer = {}): Promise<void> {
    flush(request, rows, answer);
    await this.settle();
  }

  expectThread(): TestRequest {
    return this.http.expectOne(({ params }) => params.has('peer_number'));
  }

  expectThreads(): TestRequest[] {
    return this.http.match(({ params }) => params.has('peer_number'));
  }

  answerThread(rows: Message[], answer: Answer = {}): void {
    flush(this.expectThread(), rows, answer);
  }

  answer(request: TestRequest, rows: Message[], answer: Answer): void {
    flush(request, rows, answer);
  }

  expectSend(): TestRequest {
    return this.http.expectOne({ method: 'POST', url: '/api/messages' });
  }

  expectSending(): TestRequest {
    return this.http.expectOne('/api/sending');
  }

  expectNoCall(): void {
    this.http.expectNone(() => true);
  }

  end(): void {
    TestBed.resetTestingModule();
    vi.useRealTimers();
  }
}

function toConversation(last: Message): Conversation {
  return {
    peer_number: last.peer_number,
    last_message: last,
    messages: 1,
    unread: 0,
    inbound: 0,
    archived: false,
    muted: false,
  };
}

function flush(
  request: TestRequest,
  rows: (Message | Conversation)[],
  { total, etag, next, prev, revision = 1 }: Answer,
): void {
  const by = request.request.url === '/api/messages/changes' ? 'position' : 'before';
  const links = [
    ...(next ? [`</api/messages?${by}=x>; rel="next"`] : []),
    ...(prev ? ['</api/messages?after=x>; rel="prev"'] : []),
  ];
  request.flush(rows, {
    headers: new HttpHeaders({
      'X-Total-Count': String(total ?? rows.length),
      ...(etag && { ETag: etag }),
      ...(revision !== null && { 'X-Revision': String(revision) }),
      ...(links.length > 0 && { Link: links.join(', ') }),
    }),
  });
}
