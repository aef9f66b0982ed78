import { HttpTestingController } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { RANDOM } from '../api/backoff';
import { DeletedPart, Message } from '../api/models';
import { SHORTEST_PAUSE_MS, SHORTEST_RETRY_MS } from '../api/poll';
import { ConversationDeletion } from './conversation-deletion';
import { FakeApi, FakeUnread, messages, setUpMessages } from './testing';
import { UnreadStore } from './unread-store';

const PEER = '+14155552671';

describe('ConversationDeletion', () => {
  let api: FakeApi;
  let deletion: ConversationDeletion;
  let unread: FakeUnread;
  const [last] = messages(8, 8) as [Message];

  beforeEach(async () => {
    api = setUpMessages(ConversationDeletion, { provide: RANDOM, useValue: () => 0 });
    api.start();
    await api.settle();
    await api.answerConversations([last], { revision: 3 });
    await api.answerChanges(api.expectChanges(), [], { revision: 3 });
    deletion = TestBed.inject(ConversationDeletion);
    unread = TestBed.inject(UnreadStore) as unknown as FakeUnread;
  });

  afterEach(() => {
    api.end();
  });

  async function answerPart(query: string, part: DeletedPart): Promise<void> {
    const url = `/api/conversations/${encodeURIComponent(PEER)}?${query}`;
    TestBed.inject(HttpTestingController).expectOne({ method: 'DELETE', url }).flush(part);
    await api.settle();
  }

  async function refuse(status: number): Promise<void> {
    TestBed.inject(HttpTestingController)
      .expectOne(({ method }) => method === 'DELETE')
      .flush({}, { status, statusText: 'Refused' });
    await api.settle();
  }

  it('deletes part by part what the user has been shown', async () => {
    const state = deletion.start(PEER, deletion.shownOf(PEER));
    await api.settle();
    await answerPart('revision=3', { deleted: 50, kept: 0, before: 'm50' });
    expect(state()).toEqual({ step: 'deleting', deleted: 50, kept: 0, problem: '' });
    await answerPart('revision=3&before=m50', { deleted: 7, kept: 0, before: null });
    expect(state()).toEqual({ step: 'done', deleted: 57, kept: 0, problem: '' });
    await vi.advanceTimersByTimeAsync(SHORTEST_PAUSE_MS);
    api.expectChanges();
  });

  it('counts what is deleted as read, and what has come in since as unread', async () => {
    unread.inbound.set(PEER, 7);
    const shown = deletion.shownOf(PEER);
    unread.inbound.set(PEER, 8);
    deletion.start(PEER, shown);
    await api.settle();
    expect(unread.marked).toEqual([]);
    await answerPart('revision=3', { deleted: 50, kept: 0, before: 'm50' });
    await answerPart('revision=3&before=m50', { deleted: 7, kept: 1, before: null });
    expect(unread.marked).toEqual([`${PEER} read up to 7`]);
  });

  it('leaves what has come in since as it is if nothing was unread', async () => {
    const shown = deletion.shownOf(PEER);
    unread.inbound.set(PEER, 8);
    deletion.start(PEER, shown);
    await api.settle();
    await answerPart('revision=3', { deleted: 50, kept: 1, before: null });
    expect(unread.marked).toEqual([]);
  });

  it('goes on where it was after an outage, and says what the matter is', async () => {
    const state = deletion.start(PEER, { revision: 3, inbound: undefined });
    await api.settle();
    await answerPart('revision=3', { deleted: 50, kept: 0, before: 'm50' });
    await refuse(503);
    expect(state()).toMatchObject({ step: 'deleting', deleted: 50 });
    expect(state().problem).not.toBe('');
    await vi.advanceTimersByTimeAsync(SHORTEST_RETRY_MS);
    await answerPart('revision=3&before=m50', { deleted: 0, kept: 0, before: null });
    expect(state()).toMatchObject({ step: 'done', problem: '' });
  });

  it('takes it as done if nothing is left', async () => {
    const state = deletion.start(PEER, { revision: 3, inbound: undefined });
    await api.settle();
    await refuse(404);
    expect(state().step).toBe('done');
  });

  it('says why it has failed, and shows what is left', async () => {
    const state = deletion.start(PEER, { revision: 3, inbound: undefined });
    await api.settle();
    await refuse(422);
    expect(state().step).toBe('failed');
    expect(state().problem).not.toBe('');
    await vi.advanceTimersByTimeAsync(SHORTEST_PAUSE_MS);
    api.expectChanges();
  });

  it('says how many messages stay, since they have come in meanwhile', async () => {
    const state = deletion.start(PEER, { revision: 3, inbound: undefined });
    await api.settle();
    await answerPart('revision=3', { deleted: 50, kept: 1, before: 'm50' });
    await answerPart('revision=3&before=m50', { deleted: 6, kept: 2, before: null });
    expect(state()).toEqual({ step: 'done', deleted: 56, kept: 3, problem: '' });
  });
});
