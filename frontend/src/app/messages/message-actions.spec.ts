import { HttpTestingController } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { RANDOM } from '../api/backoff';
import { SHORTEST_PAUSE_MS } from '../api/poll';
import { ConversationsStore } from './conversations-store';
import { MessageActions } from './message-actions';
import { aMessage, setUpMessages } from './testing';

describe('MessageActions', () => {
  it('says that a message is being sent, and looks at once what becomes of it', async () => {
    const api = setUpMessages(MessageActions, { provide: RANDOM, useValue: () => 0 });
    api.start();
    await api.settle();
    const message = aMessage({ status: 'pending' });
    await api.answerConversations([message]);
    await api.answerChanges(api.expectChanges(), []);
    api.expectSending().flush({ paused: null });
    await api.settle();
    const actions = TestBed.inject(MessageActions);

    const cancelled = actions.cancel(message);
    TestBed.inject(HttpTestingController)
      .expectOne('/api/messages/m1/cancel')
      .flush({ status: 409, code: 'not_cancellable' }, { status: 409, statusText: 'Conflict' });
    await cancelled;
    expect(actions.stateOf(message)).toEqual({
      isBusy: false,
      problem: "It can't be canceled now: it is being sent, or was sent already.",
    });
    await vi.advanceTimersByTimeAsync(SHORTEST_PAUSE_MS);
    const sent = { ...message, status: 'sent', version: 2 } as const;
    await api.answerChanges(api.expectChanges(), [sent]);
    expect(TestBed.inject(ConversationsStore).rows()[0]?.last.status).toBe('sent');
    api.end();
  });
});
