import { ComponentFixture, TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { RANDOM } from '../../api/backoff';
import { ArchiveRequest, MuteRequest } from '../conversation-requests';
import { ConversationList } from './conversation-list';
import { OutboxStore } from '../../messages/outbox/outbox-store';
import { SearchQuery } from '../search/search-query';
import { ArchivedConversations } from '../../messages/archived-conversations';
import { MessageCache } from '../../messages/cache/message-cache';
import { ConversationsStore } from '../../messages/conversations-store';
import { Drafts } from '../../messages/drafts/drafts';
import { ContactNames } from '../../phone-numbers/contact-names';
import {
  FakeApi,
  FakeCache,
  FakeOptOuts,
  FakeUnread,
  aMessage,
  messages,
  setUpMessages,
} from '../../messages/testing';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { UnreadStore } from '../../messages/unread-store';
import { ConnectionStatusStore } from '../../ui/connection-status-store';
import { SHOWN_AFTER_MS } from '../../ui/has-lasted';

const STALE = 'These messages may be out of date.';

describe('ConversationList', () => {
  let api: FakeApi;
  let cache: FakeCache;
  let list: HTMLElement;
  let fixture: ComponentFixture<ConversationList>;

  beforeEach(async () => {
    localStorage.clear();
    cache = new FakeCache();
    api = setUpMessages(
      ...[ArchivedConversations, Drafts, OutboxStore, SearchQuery, provideRouter([])],
      { provide: MessageCache, useValue: cache },
      { provide: RANDOM, useValue: () => 0 },
    );
    fixture = TestBed.createComponent(ConversationList);
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
    expect(preview()).toBe('You: Message 1');
    expect(list.textContent).not.toContain(STALE);
    await vi.advanceTimersByTimeAsync(SHOWN_AFTER_MS);
    await api.settle();
    expect(list.querySelector('.conversation-list__stale')?.textContent).toBe(STALE);
    expect(list.querySelector('.conversation-list__problem')).toBeNull();
    await api.answerConversations(messages(1, 1));
    await api.settle();
    expect(list.textContent).not.toContain(STALE);
  });

  it('leaves it to the connection notice to say when the page was up to date', async () => {
    await api.answerConversations(messages(1, 1));
    await api.answerChanges(api.expectChanges(), []);
    const connection = TestBed.inject(ConnectionStatusStore);
    connection.failed();
    await vi.advanceTimersByTimeAsync(SHOWN_AFTER_MS);
    await api.settle();
    expect(connection.isDisconnected()).toBe(true);
    expect(list.textContent).not.toContain(STALE);
    connection.succeeded(0);
    await vi.advanceTimersByTimeAsync(SHOWN_AFTER_MS);
    await api.settle();
    expect(connection.isReconnecting()).toBe(true);
    expect(list.textContent).toContain(STALE);
  });

  it('says that pictures without a text were sent by the user', async () => {
    const media = [0, 1].map((index) => ({ index, content_type: 'image/png' }));
    const sent = messages(1, 1).map((last) => ({ ...last, content: '', num_media: 2, media }));
    await api.answerConversations(sent);
    await api.settle();
    expect(preview()).toBe('You: 2 pictures');
  });

  it('says that a picture came with a text, which keeps its direction', async () => {
    const media = [{ index: 0, content_type: 'image/png' }];
    const [last] = messages(1, 1);
    if (!last) throw new Error();
    const seen = { ...last, content: 'שלום', num_media: 1, media };
    await api.answerConversations([seen]);
    await api.settle();
    expect(preview()).toBe('You: Picture: שלום');
    expect(list.querySelector('.conversation-row__preview bdi')?.textContent).toBe('שלום');
  });

  it('shows a refused message as not sent', async () => {
    await api.answerConversations([]);
    TestBed.inject(OutboxStore).send({ recipient_number: '+14155552671', content: 'Hello' });
    await api.settle();
    expect(preview()).toBe('You: Hello');
    api
      .expectSend()
      .flush({ code: 'country_not_allowed' }, { status: 422, statusText: 'Unprocessable' });
    await api.settle();
    expect(preview()).toBe('Not sent: Hello');
    expect(status()).toBe('');
  });

  it('leads to the archive while there is one, and says what is unread there', async () => {
    const [last] = messages(1, 1);
    if (!last) throw new Error();
    await api.answerConversations([last]);
    await api.settle();
    const link = () => list.querySelector('.conversation-list__archived');
    expect(link()).toBeNull();
    const unread = TestBed.inject(UnreadStore) as unknown as FakeUnread;
    unread.archive(last.peer_number, last.created_at);
    await api.settle();
    expect(list.querySelectorAll('li .conversation-row')).toHaveLength(0);
    expect(link()?.getAttribute('href')).toBe('/messages?archived=true');
    expect(link()?.textContent.trim()).toBe('Archived');
    unread.counts.set({ [last.peer_number]: 2 });
    await api.settle();
    expect(link()?.textContent).toContain('2 unread messages');

    fixture.componentRef.setInput('archived', true);
    await api.settle();
    expect(list.querySelector('h1')?.textContent).toBe('Archived');
    expect(link()).toBeNull();
    await api.answerArchived([last]);
    await api.settle();
    const row = list.querySelector('li .conversation-row');
    expect(row?.getAttribute('href')).toMatch(/^\/messages\/.+\?archived=true$/);
    unread.archive(last.peer_number, undefined);
    await api.settle();
    expect(list.querySelector('li')?.textContent).toContain('No archived conversations.');
  });

  it('archives the conversation whose row has the focus, and says which is the next one', async () => {
    const requests: ArchiveRequest[] = [];
    fixture.componentInstance.archive.subscribe((request) => requests.push(request));
    const last = ['1', '2'].map((each) =>
      aMessage({ _id: `m${each}`, peer_number: `+493090${each}` }),
    );
    await api.answerConversations(last);
    await api.settle();
    document.body.append(list);
    expect(fixture.componentInstance.archiveFocused()).toBe(false);
    const rows = [...list.querySelectorAll<HTMLElement>('li')];
    for (const row of rows) {
      for (const part of ['a', 'button']) {
        row.querySelector<HTMLElement>(part)?.focus();
        expect(fixture.componentInstance.archiveFocused()).toBe(true);
      }
    }
    list.remove();
    expect(requests.map((request) => [request.last.peer_number, request.next])).toEqual([
      ...[
        ['+4930901', '+4930902'],
        ['+4930901', '+4930902'],
      ],
      ...[
        ['+4930902', '+4930901'],
        ['+4930902', '+4930901'],
      ],
    ]);
    expect(requests.every(({ isArchived, byKey }) => isArchived && !byKey)).toBe(true);
  });

  it('has no actions on a conversation of which nothing is stored', async () => {
    await api.answerConversations([]);
    TestBed.inject(OutboxStore).send({ recipient_number: '+14155552671', content: 'Hello' });
    await api.settle();
    expect(list.querySelector('li .conversation-row')).not.toBeNull();
    expect(list.querySelector('.conversation-row__menu')).toBeNull();
    api.expectSend();
  });

  it('says how many messages are unread, in place of a status', async () => {
    await api.answerConversations([
      aMessage({ _id: 'm3', peer_number: '+4930901', direction: 'inbound', status: 'received' }),
      aMessage({ _id: 'm2', peer_number: '+4930902', status: 'delivered' }),
      aMessage({ _id: 'm1', peer_number: '+4930903', status: 'delivered' }),
    ]);
    const unread = TestBed.inject(UnreadStore) as unknown as FakeUnread;
    unread.counts.set({ '+4930901': 1, '+4930902': 120 });
    await api.settle();
    const rows = [...list.querySelectorAll('.conversation-row')];
    const badges = rows.map((row) =>
      [...row.querySelectorAll('app-unread-badge span')].map(({ textContent }) => textContent),
    );
    expect(badges).toEqual([['1', '1 unread message'], ['99+', '120 unread messages'], []]);
    expect(rows.map((row) => row.classList.contains('conversation-row--unread'))).toEqual([
      ...[true, true, false],
    ]);
    expect(rows.map((row) => !!row.querySelector('.conversation-row__status'))).toEqual([
      ...[false, false, true],
    ]);
    unread.counts.set({});
    await api.settle();
    expect(list.querySelector('app-unread-badge')).toBeNull();
  });

  it('shows what is unread in a muted conversation quietly, and not in the archive', async () => {
    const [last] = messages(1, 1);
    if (!last) throw new Error();
    await api.answerConversations([last]);
    const unread = TestBed.inject(UnreadStore) as unknown as FakeUnread;
    const row = () => list.querySelector('li .conversation-row');
    await api.settle();
    expect(row()?.textContent).not.toContain('Muted');
    unread.counts.set({ [last.peer_number]: 2 });
    unread.mute(last.peer_number, true);
    await api.settle();
    expect(row()?.textContent).toMatch(/Muted.*2 unread messages/);
    expect(row()?.classList).not.toContain('conversation-row--unread');
    expect(row()?.querySelector('app-unread-badge')?.classList).toContain('unread-badge--quiet');
    unread.archive(last.peer_number, last.created_at);
    await api.settle();
    expect(list.querySelector('.conversation-list__archived')?.textContent.trim()).toBe('Archived');
    unread.mute(last.peer_number, false);
    await api.settle();
    expect(list.querySelector('.conversation-list__archived')?.textContent).toContain('2 unread');
  });

  it('mutes the conversation whose row has the focus, or unmutes it', async () => {
    const requests: MuteRequest[] = [];
    fixture.componentInstance.mute.subscribe((request) => requests.push(request));
    const [last] = messages(1, 1);
    if (!last) throw new Error();
    await api.answerConversations([last]);
    await api.settle();
    document.body.append(list);
    expect(fixture.componentInstance.muteFocused()).toBe(false);
    list.querySelector<HTMLElement>('li a')?.focus();
    expect(fixture.componentInstance.muteFocused()).toBe(true);
    (TestBed.inject(UnreadStore) as unknown as FakeUnread).mute(last.peer_number, true);
    expect(fixture.componentInstance.muteFocused()).toBe(true);
    list.remove();
    expect(requests).toEqual([
      { peer: last.peer_number, isMuted: true },
      { peer: last.peer_number, isMuted: false },
    ]);
  });

  it('says whose the last message is, and what became of it', async () => {
    await api.answerConversations([
      aMessage({ _id: 'm3', peer_number: '+4930901', status: 'undelivered', content: 'Thursday?' }),
      aMessage({ _id: 'm2', peer_number: '+4930902', direction: 'inbound', content: 'Thank you' }),
      aMessage({ _id: 'm1', peer_number: '+4930903', status: 'delivered', content: 'Ready' }),
      aMessage({
        _id: 'm0',
        peer_number: '+4930904',
        status: 'delivered',
        content: '',
        content_removed_at: '2026-11-22T12:00:00.000Z',
      }),
      aMessage({
        _id: 'l9',
        peer_number: '+4930905',
        direction: 'inbound',
        content: '',
        num_media: 1,
        media: [{ index: 0, content_type: 'image/jpeg' }],
      }),
    ]);
    await api.settle();
    expect(previews()).toEqual([
      'Not delivered: Thursday?',
      'Thank you',
      'You: Ready',
      'Message text deleted',
      'Picture',
    ]);
    expect(statuses()).toEqual(['', 'Delivered', 'Delivered']);
  });

  it('says who has opted out, beside what is unread', async () => {
    const optOuts = TestBed.inject(OptOutsStore) as unknown as FakeOptOuts;
    const [out, other] = ['+4930901', '+4930902'];
    await api.answerConversations([
      aMessage({ _id: 'm2', peer_number: out, status: 'delivered' }),
      aMessage({ _id: 'm1', peer_number: other, status: 'delivered' }),
    ]);
    await api.settle();
    expect([...optOuts.askedAbout]).toEqual([out, other]);
    expect(statuses()).toEqual(['Delivered', 'Delivered']);
    optOuts.optedOut.set([out]);
    await api.settle();
    expect(statuses()).toEqual(['Opted out', 'Delivered']);
    (TestBed.inject(UnreadStore) as unknown as FakeUnread).counts.set({ [out]: 2 });
    await api.settle();
    expect(all('.conversation-row__mark')[0]).toBe('Opted out22 unread messages');
  });

  it('shows drafts, but not that of the open conversation, nor one of blanks', async () => {
    const [open, other] = ['+4930901', '+4930902'];
    const drafts = TestBed.inject(Drafts);
    await api.answerConversations([
      aMessage({ _id: 'm2', peer_number: open, content: 'One' }),
      aMessage({ _id: 'm1', peer_number: other, content: 'Two' }),
    ]);
    fixture.componentRef.setInput('current', open);
    for (const peer of [open, other]) drafts.setText(peer, draft(peer, 'The wheel arrives'));
    await api.settle();
    expect(previews()).toEqual(['You: One', 'Draft: The wheel arrives']);
    drafts.setText(other, draft(other, ' \n'));
    await api.settle();
    expect(previews()).toEqual(['You: One', 'You: Two']);
    fixture.componentRef.setInput('current', other);
    await api.settle();
    expect(previews()).toEqual(['Draft: The wheel arrives', 'You: Two']);
    drafts.setText(open, draft(open, ''));
    await api.settle();
    expect(previews()).toEqual(['You: One', 'You: Two']);
  });

  it('shows drafts to people without messages above the others, once it knows who has some', async () => {
    const [open, ada, bob] = ['+4930901', '+4930902', '+4930903'];
    const drafts = TestBed.inject(Drafts);
    for (const peer of [bob, open, ada]) drafts.setText(peer, draft(peer, `To ${peer}`));
    drafts.setText('+4930904', draft('+4930904', ' '));
    fixture.componentRef.setInput('current', open);
    await api.settle();
    expect(previews()).toEqual([]);
    await api.answerConversations([aMessage({ peer_number: '+4930905', content: 'One' })]);
    await api.settle();
    const drafted = [open, ada, bob].map((peer) => `Draft: To ${peer}`);
    expect(previews()).toEqual([...drafted, 'You: One']);
    // No row moves under the pointer.
    fixture.componentRef.setInput('current', ada);
    await api.settle();
    expect(previews()).toEqual([...drafted, 'You: One']);
  });

  it('shows the draft of a new message first, by its text or by whom it is for', async () => {
    const drafts = TestBed.inject(Drafts);
    const names = [['+4930901', 'Ada'] as const, ['+4930902', 'Bob'] as const];
    TestBed.inject(ContactNames).replace(new Map(names));
    drafts.setText('new', draft('+4930901,+4930902, 030 9', ' '));
    drafts.setText('+4930903', draft('+4930903', 'To Ada'));
    await api.answerConversations([aMessage({ peer_number: '+4930905', content: 'One' })]);
    await api.settle();
    const row = () => list.querySelector<HTMLAnchorElement>('.conversation-row');
    expect(previews()).toEqual([...['Draft: Ada, Bob, 030 9', 'Draft: To Ada', 'You: One']]);
    expect(row()?.querySelector('.conversation-row__name')?.textContent).toBe('New message');
    expect(row()?.getAttribute('href')).toBe('/messages/new');
    expect(row()?.getAttribute('aria-current')).toBeNull();
    drafts.setText('new', draft('+4930901', 'The wheel arrives'));
    fixture.componentRef.setInput('current', 'new');
    await api.settle();
    expect(previews()[0]).toBe('Draft: The wheel arrives');
    expect(row()?.getAttribute('aria-current')).toBe('true');
    drafts.setText('new', draft(' ', '\n'));
    await api.settle();
    expect(previews()).toEqual(['Draft: To Ada', 'You: One']);
  });

  it('shows beside a draft that the last message has failed, and no other status', async () => {
    const [failed, sent] = ['+4930901', '+4930902'];
    const drafts = TestBed.inject(Drafts);
    await api.answerConversations([
      aMessage({ _id: 'm2', peer_number: failed, status: 'undelivered' }),
      aMessage({ _id: 'm1', peer_number: sent, status: 'delivered' }),
    ]);
    for (const peer of [failed, sent]) drafts.setText(peer, draft(peer, 'Again'));
    await api.settle();
    expect(previews()).toEqual(['Draft: Again', 'Draft: Again']);
    expect(statuses()).toEqual(['Not delivered']);
  });

  it('shows a draft that another tab has written', async () => {
    const peer = '+4930901';
    await api.answerConversations([aMessage({ peer_number: peer, content: 'One' })]);
    localStorage.setItem(`mysms.drafts.ada.${peer}`, JSON.stringify(draft(peer, 'Elsewhere')));
    window.dispatchEvent(new StorageEvent('storage', { key: `mysms.drafts.ada.${peer}` }));
    await api.settle();
    expect(previews()).toEqual(['Draft: Elsewhere']);
  });

  const draft = (recipient_number: string, content: string) => ({ recipient_number, content });
  const words = (element: Element) => element.textContent.replace(/\s+/g, ' ').trim();
  const all = (selector: string) => Array.from(list.querySelectorAll(selector), words);
  const heading = () => list.querySelector('h2')?.textContent;
  const previews = () => all('.conversation-row__preview');
  const preview = () => previews()[0];
  const statuses = () => all('.conversation-row__status');
  const status = () => statuses()[0];
});
