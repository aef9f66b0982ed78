import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { RANDOM } from '../../api/backoff';
import { ConversationList } from './conversation-list';
import { OutboxStore } from '../../messages/outbox/outbox-store';
import { SearchStore } from '../search/search-store';
import { MessageCache } from '../../messages/cache/message-cache';
import { ConversationsStore } from '../../messages/conversations-store';
import { FakeApi, FakeCache, messages, setUpMessages } from '../../messages/testing';
import { SHOWN_AFTER_MS } from '../../ui/has-lasted';

const STALE = 'These messages may be out of date.';

describe('ConversationList', () => {
  let api: FakeApi;
  let cache: FakeCache;
  let list: HTMLElement;

  beforeEach(async () => {
    localStorage.clear();
    cache = new FakeCache();
    api = setUpMessages(
      ...[OutboxStore, SearchStore, provideRouter([])],
      { provide: MessageCache, useValue: cache },
      { provide: RANDOM, useValue: () => 0 },
    );
    const fixture = TestBed.createComponent(ConversationList);
    fixture.autoDetectChanges();
    list = fixture.nativeElement as HTMLElement;
    api.start();
    await api.settle();
  });

  afterEach(() => {
    api.end();
    localStorage.clear();
  });

  it('shows the number of messages once it is known', async () => {
    expect(heading()).toBe('Message History');
    await api.answerConversations([]);
    await api.answerChanges(api.expectChanges(), [], { total: 1234 });
    await api.settle();
    expect(heading()).toBe('Message History (1,234)');
  });

  it('does not show that it loads while it is offline', async () => {
    expect(list.textContent).toContain('Loading your messages…');
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    window.dispatchEvent(new Event('offline'));
    await api.settle();
    expect(list.textContent).not.toContain('Loading');
    vi.restoreAllMocks();
  });

  it('says while it connects that what is cached may be out of date, and moves nothing', async () => {
    const rows = messages(1, 1).map((last) => ({ peer: last.peer_number, last }));
    cache.cached.set('conversations', { rows, hasMore: false });
    await TestBed.inject(ConversationsStore).restore();
    await api.settle();
    expect(preview()).toBe('Message 1');
    expect(list.textContent).not.toContain(STALE);
    await vi.advanceTimersByTimeAsync(SHOWN_AFTER_MS);
    await api.settle();
    expect(list.querySelector('.conversation-list__stale')?.textContent).toBe(STALE);
    expect(list.querySelector('.conversation-list__problem')).toBeNull();
    await api.answerConversations(messages(1, 1));
    await api.settle();
    expect(list.textContent).not.toContain(STALE);
  });

  it('shows a refused message as not sent', async () => {
    await api.answerConversations([]);
    TestBed.inject(OutboxStore).send({ recipient_number: '+14155552671', content: 'Hello' });
    await api.settle();
    expect(preview()).toBe('Hello');
    api
      .expectSend()
      .flush({ code: 'country_not_allowed' }, { status: 422, statusText: 'Unprocessable' });
    await api.settle();
    expect(preview()).toBe('Not sent');
  });

  const heading = () => list.querySelector('h1')?.textContent;
  const preview = () => list.querySelector('.conversation-row__preview')?.textContent;
});
