import { HttpTestingController, TestRequest } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { MessageDetail } from '../../api/models';
import { MessageDetailsStore } from './message-details-store';
import { FakeApi, aMessage, setUpMessages } from '../../messages/testing';

describe('MessageDetailsStore', () => {
  let api: FakeApi;
  let store: MessageDetailsStore;
  const expectCall = (id: string): TestRequest =>
    TestBed.inject(HttpTestingController).expectOne(`/api/messages/${id}`);

  beforeEach(() => {
    api = setUpMessages(MessageDetailsStore);
    store = TestBed.inject(MessageDetailsStore);
  });

  afterEach(() => {
    api.end();
  });

  it('shows the message requested last, even if another response comes later', () => {
    store.load('a');
    const first = expectCall('a');
    store.load('b');
    expectCall('b').flush(detail('b'));
    if (!first.cancelled) first.flush(detail('a'));
    expect(store.message()?._id).toBe('b');
  });

  it('shows no problem of another message', () => {
    store.load('a');
    const first = expectCall('a');
    store.load('b');
    if (!first.cancelled) first.flush(null, { status: 503, statusText: 'No' });
    expect(store.problem()).toBe('');

    expectCall('b').flush(null, { status: 404, statusText: 'No' });
    expect(store.problem()).not.toBe('');
    store.load('a');
    expect(store.problem()).toBe('');
    expectCall('a');
  });

  it('keeps what is loaded when reloading fails, and has the problem', () => {
    store.load('a');
    expectCall('a').flush(detail('a'));
    store.load('a');
    expectCall('a').flush(null, { status: 503, statusText: 'No' });
    expect(store.message()?._id).toBe('a');
    expect(store.problem()).toBe('The server has a problem at the moment.');
  });
});

function detail(_id: string): MessageDetail {
  return { ...aMessage({ _id }), timeline: [] };
}
