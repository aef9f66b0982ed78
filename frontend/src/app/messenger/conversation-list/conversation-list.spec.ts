import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { RANDOM } from '../../api/backoff';
import { ConversationList } from './conversation-list';
import { OutboxStore } from '../../messages/outbox/outbox-store';
import { SearchStore } from '../search/search-store';
import { FakeApi, setUpMessages } from '../../messages/testing';

describe('ConversationList', () => {
  let api: FakeApi;
  let list: HTMLElement;

  beforeEach(async () => {
    localStorage.clear();
    api = setUpMessages(OutboxStore, SearchStore, provideRouter([]), {
      provide: RANDOM,
      useValue: () => 0,
    });
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
