import { HttpTestingController, TestRequest } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { MessageDetail } from '../../api/models';
import { MessageDetailsStore } from './message-details-store';
import { MessageSync } from '../../messages/message-sync';
import { FakeApi, aMessage, deleted, setUpMessages } from '../../messages/testing';

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

  it('is loaded again when its message changes, also if no other store has it', () => {
    const sync = TestBed.inject(MessageSync);
    store.load('a');
    expectCall('a').flush(detail('a'));
    api.expectNoCall();

    sync.applyChanges([aMessage({ _id: 'b', version: 2 }), aMessage({ _id: 'a', version: 1 })]);
    api.expectNoCall();
    sync.applyChanges([aMessage({ _id: 'a', version: 2, status: 'delivered' })]);
    const again = expectCall('a');
    // Polls overlap.
    sync.applyChanges([aMessage({ _id: 'a', version: 2, status: 'delivered' })]);
    expect(again.cancelled).toBe(false);
    again.flush(detail('a', { version: 2, status: 'delivered' }));
    expect(store.message()?.status).toBe('delivered');
    api.expectNoCall();
  });

  it('is loaded again if its message changes while it is loaded', () => {
    store.load('a');
    const first = expectCall('a');
    TestBed.inject(MessageSync).applyChanges([aMessage({ _id: 'a', version: 2 })]);
    if (!first.cancelled) first.flush(detail('a'));
    expectCall('a').flush(detail('a', { version: 2 }));
    expect(store.message()?.version).toBe(2);
    api.expectNoCall();
  });

  it('knows that its message is deleted, and does not ask for it', () => {
    const sync = TestBed.inject(MessageSync);
    store.load('a');
    expectCall('a').flush(detail('a'));
    sync.applyChanges([deleted(aMessage({ _id: 'b' }))]);
    expect(store.isDeleted()).toBe(false);
    sync.applyChanges([deleted(aMessage({ _id: 'a' }))]);
    expect(store.isDeleted()).toBe(true);
    api.expectNoCall();
    store.load('c');
    expect(store.isDeleted()).toBe(false);
    expectCall('c');
  });

  it('learns that its message is deleted also when it is loaded again', () => {
    store.load('a');
    expectCall('a').flush(detail('a'));
    store.forget();
    expectCall('a').flush({ code: 'not_found' }, { status: 404, statusText: 'Gone' });
    expect(store.isDeleted()).toBe(true);
    store.load('b');
    expect(store.isDeleted()).toBe(false);
    expectCall('b').flush({ code: 'not_found' }, { status: 404, statusText: 'Gone' });
    expect(store.isDeleted()).toBe(false);
    expect(store.problem()).not.toBe('');
  });

  it('follows the changes of an earlier version, too, once a backup is restored', () => {
    store.load('a');
    expectCall('a').flush(detail('a', { version: 5, status: 'delivered' }));
    store.forget();
    expectCall('a').flush(detail('a', { version: 2, status: 'sent' }));
    const change = aMessage({ _id: 'a', version: 3, status: 'delivered' });
    TestBed.inject(MessageSync).applyChanges([change]);
    expectCall('a').flush(detail('a', { version: 3, status: 'delivered' }));
    expect(store.message()?.status).toBe('delivered');
  });

  it('listens no longer than its page is open', () => {
    store.load('a');
    expectCall('a').flush(detail('a'));
    const sync = TestBed.inject(MessageSync);
    const subscribed = vi.spyOn(store, 'applyChanges');
    TestBed.resetTestingModule();
    sync.applyChanges([aMessage({ _id: 'a', version: 2 })]);
    expect(subscribed).not.toHaveBeenCalled();
  });
});

function detail(_id: string, members: Partial<MessageDetail> = {}): MessageDetail {
  return { ...aMessage({ _id, ...members }), timeline: [] };
}
