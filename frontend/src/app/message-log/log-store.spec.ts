import { HttpTestingController, TestRequest } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { Message } from '../api/models';
import { MessageSync } from '../messages/message-sync';
import { FakeApi, aMessage, deleted, messages, setUpMessages } from '../messages/testing';
import { NO_FILTER } from './log-filter';
import { MOST_ROWS } from './log-messages';
import { LogStore } from './log-store';

const OLD = aMessage({ _id: 'm1', status: 'sent', created_at: '2026-11-20T10:00:00.000Z' });
const NEW = aMessage({ _id: 'm2', status: 'sent', created_at: '2026-11-20T11:00:00.000Z' });
const OLDER = aMessage({ _id: 'm0', status: 'sent', created_at: '2026-11-20T09:00:00.000Z' });

describe('LogStore', () => {
  let api: FakeApi;
  let store: LogStore;
  let sync: MessageSync;

  beforeEach(() => {
    api = setUpMessages(LogStore);
    store = TestBed.inject(LogStore);
    sync = TestBed.inject(MessageSync);
  });

  afterEach(() => {
    api.end();
  });

  it('asks with the filter, and loads page after page', async () => {
    store.open({ ...NO_FILTER, status: 'failed' });
    const first = await request();
    expect(first.request.params.getAll('status')).toEqual(['failed', 'undelivered']);
    await answer(first, [OLD], 'm1');
    expect(store.messages()).toEqual([OLD]);
    expect(store.hasMore()).toBe(true);
    const loading = store.loadMore();
    const second = await request();
    expect(second.request.params.get('before')).toBe('m1');
    await answer(second, [OLDER]);
    await loading;
    expect(ids()).toEqual(['m1', 'm0']);
    expect(store.hasMore()).toBe(false);
  });

  it('says what is wrong with a filter', async () => {
    store.open({ ...NO_FILTER, number: '12' });
    const problem = { code: 'invalid_fields', errors: { peer_number: ['is too short'] } };
    (await request()).flush(problem, { status: 422, statusText: 'Unprocessable' });
    await api.settle();
    expect(store.problem()).toBe('Number is too short.');
  });

  it('adds a message that is stored long after it was received where it belongs, or leaves it to its page', async () => {
    const at = (_id: string, created_at: string): Message =>
      aMessage({ _id, status: 'sent', created_at });
    const oldest = at('69200e200000000000000001', '2025-11-21T07:00:48.000Z');
    store.open(NO_FILTER);
    await answer(await request(), [oldest], oldest._id);
    const within = at('69215fa00000000000000002', '2025-11-21T08:00:00.000Z');
    const beyond = at('69215fa00000000000000003', '2025-11-20T08:00:00.000Z');
    sync.applyChanges([within, beyond]);
    expect(store.messages()).toEqual([within, oldest]);
    const loading = store.loadMore();
    const between = at('691f5fa00000000000000004', '2025-11-20T18:36:16.000Z');
    await answer(await request(), [between, beyond]);
    await loading;
    expect(store.messages()).toEqual([within, oldest, between, beyond]);
  });

  it('goes on after an empty page, from where the API has stopped', async () => {
    store.open({ ...NO_FILTER, status: 'failed' });
    await answer(await request(), [], 'm900');
    const second = await request();
    expect(second.request.params.get('before')).toBe('m900');
    await answer(second, [OLD]);
    expect(ids()).toEqual(['m1']);
  });

  it('shows changes of its messages, and new ones that match', async () => {
    store.open({ ...NO_FILTER, status: 'sent' });
    await answer(await request(), [OLD]);
    const delivered = { ...OLD, status: 'delivered', version: 2 };
    sync.applyChanges([delivered, NEW, { ...NEW, _id: 'm3', status: 'failed' }]);
    expect(store.messages()).toEqual([NEW, delivered]);
  });

  it('shows messages in their order, in whichever they come in', async () => {
    store.open(NO_FILTER);
    await answer(await request(), []);
    for (const message of [NEW, OLDER, OLD]) sync.applyChanges([message]);
    expect(ids()).toEqual(['m2', 'm1', 'm0']);
  });

  it('shows an older message that matches only now, after a newer one', async () => {
    store.open({ ...NO_FILTER, status: 'failed' });
    await answer(await request(), [{ ...NEW, status: 'failed' }]);
    sync.applyChanges([{ ...OLD, status: 'failed', version: 2 }]);
    expect(ids()).toEqual(['m2', 'm1']);
  });

  it('leaves to the next page what lies behind the last one', async () => {
    store.open(NO_FILTER);
    await answer(await request(), [OLD], 'm1');
    sync.applyChanges([OLDER]);
    expect(ids()).toEqual(['m1']);
  });

  it('shows what lies between the last row and the place at which the API has stopped', async () => {
    store.open({ ...NO_FILTER, status: 'failed' });
    await answer(await request(), [{ ...NEW, status: 'failed' }], 'm0');
    sync.applyChanges([{ ...OLD, status: 'failed', version: 2 }]);
    expect(ids()).toEqual(['m2', 'm1']);
  });

  it('shows what is stored while a page is read', async () => {
    store.open(NO_FILTER);
    const first = await request();
    sync.applyChanges([NEW]);
    await answer(first, [OLD], 'm1');
    expect(ids()).toEqual(['m2', 'm1']);
    const loading = store.loadMore();
    const second = await request();
    sync.applyChanges([OLDER, { ...NEW, _id: 'm3' }]);
    await answer(second, []);
    await loading;
    expect(ids()).toEqual(['m3', 'm2', 'm1', 'm0']);
  });

  it('knows that there are more once it has dropped some', async () => {
    const all = messages(1, MOST_ROWS);
    store.open(NO_FILTER);
    await answer(await request(), all);
    expect(store.isFull()).toBe(false);
    sync.applyChanges(messages(MOST_ROWS + 1, MOST_ROWS + 1));
    expect(store.messages().length).toBe(MOST_ROWS);
    expect(store.isFull()).toBe(true);
  });

  it('merges what changes while a page is read', async () => {
    store.open(NO_FILTER);
    const first = await request();
    const delivered = { ...OLD, status: 'delivered', version: 2 };
    sync.applyChanges([delivered]);
    await answer(first, [OLD]);
    expect(store.messages()).toEqual([delivered]);
  });

  it('shows no deleted messages, also of a page that is being read', async () => {
    store.open(NO_FILTER);
    await answer(await request(), [NEW, OLD], 'm1');
    sync.applyChanges([deleted(NEW), deleted(aMessage({ _id: 'm3' }))]);
    expect(ids()).toEqual(['m1']);
    const loading = store.loadMore();
    const second = await request();
    sync.applyChanges([deleted(OLDER)]);
    await answer(second, [OLDER]);
    await loading;
    expect(ids()).toEqual(['m1']);
  });

  it('exports the days of its pages, even after midnight', async () => {
    vi.setSystemTime(new Date(2026, 10, 20, 23, 59));
    const filter = { ...NO_FILTER, period: 'today' } as const;
    store.open(filter);
    const first = await request();
    await answer(first, [OLD]);
    vi.setSystemTime(new Date(2026, 10, 21, 0, 1));
    const exporting = store.export({ ...filter });
    const file = TestBed.inject(HttpTestingController).expectOne(({ url }) => url.endsWith('.csv'));
    expect(file.request.params.get('created_from')).toBe(first.request.params.get('created_from'));
    file.flush(new Blob());
    await exporting;
  });

  it('forgets what another filter has asked for', async () => {
    store.open(NO_FILTER);
    const first = await request();
    store.open({ ...NO_FILTER, code: '30003' });
    const second = await request();
    await answer(first, [OLD]);
    expect(store.isLoaded()).toBe(false);
    await answer(second, [NEW]);
    expect(ids()).toEqual(['m2']);
  });

  it('adds no further page to messages that were loaded anew meanwhile, which would leave a gap', async () => {
    store.open(NO_FILTER);
    await answer(await request(), [OLD], 'm1');
    const loading = store.loadMore();
    const further = await request();
    store.forget();
    await answer(await request(), [NEW], 'm2');
    await answer(further, [OLDER]);
    await loading;
    expect(ids()).toEqual(['m2']);
    const again = store.loadMore();
    await answer(await request(), [OLD, OLDER]);
    await again;
    expect(ids()).toEqual(['m2', 'm1', 'm0']);
  });

  it('is told of no more changes once the user has signed out', async () => {
    store.open(NO_FILTER);
    await answer(await request(), [OLD]);
    TestBed.resetTestingModule();
    sync.applyChanges([NEW]);
    expect(ids()).toEqual(['m1']);
  });

  const ids = (): string[] => store.messages().map(({ _id }) => _id);

  async function request(): Promise<TestRequest> {
    await api.settle();
    const http = TestBed.inject(HttpTestingController);
    const [found] = http.match(({ url }) => url === '/api/messages').slice(-1);
    if (!found) throw new Error('No request was sent.');
    return found;
  }

  async function answer(asked: TestRequest, rows: Message[], before?: string): Promise<void> {
    const link = `</api/messages?before=${before ?? ''}>; rel="next"`;
    asked.flush(rows, before === undefined ? {} : { headers: { Link: link } });
    await api.settle();
    await api.settle();
  }
});
