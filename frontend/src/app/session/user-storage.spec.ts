import { TestBed } from '@angular/core/testing';
import { Subject } from 'rxjs';
import { BrowserStorage } from '../storage/browser-storage';
import { fillStorage } from '../storage/testing';
import { SessionRepository } from './session-repository';
import { StorageKind, UserStorage } from './user-storage';

const ada = { refreshToken: 'r', user: { id: 'ada', email: 'ada@example.com' } };

describe('UserStorage', () => {
  const session = () => TestBed.inject(SessionRepository);
  const namespace = (userId = 'ada', kind: StorageKind = 'drafts') =>
    TestBed.inject(UserStorage).namespace(kind, userId);

  beforeEach(() => {
    localStorage.clear();
    session().write(ada);
  });

  afterEach(() => {
    vi.restoreAllMocks();
    localStorage.clear();
  });

  it('stores values by name, separately for each user and kind', () => {
    namespace().set('+1415', { text: 'Hello' });
    namespace().set('new', { text: 'Hi' });
    namespace('ada', 'unsent').set('k', 1);
    expect([...namespace().read()]).toEqual(
      expect.arrayContaining([
        ['+1415', { text: 'Hello' }],
        ['new', { text: 'Hi' }],
      ]),
    );
    expect(namespace().read().size).toBe(2);
    expect(namespace('bob').read().size).toBe(0);
    namespace().remove('new');
    expect([...namespace().read().keys()]).toEqual(['+1415']);
  });

  it('erases the values of one user only', () => {
    namespace().set('new', 'ours');
    localStorage.setItem('mysms.drafts.bob.new', '"theirs"');
    session().erase('ada');
    expect(namespace().read().size).toBe(0);
    expect([...namespace('bob').read()]).toEqual([['new', 'theirs']]);
  });

  it('emits changes of other tabs to its own values only', () => {
    const emitted = vi.fn();
    namespace().changes.subscribe(emitted);
    const keys = ['mysms.drafts.ada.new', 'mysms.drafts.bob.new', 'mysms.unsent.ada.k', null];
    for (const key of keys) window.dispatchEvent(new StorageEvent('storage', { key }));
    expect(emitted.mock.calls).toEqual([['new'], [undefined]]);
  });

  it("gets changes of other tabs from the browser's storage service only", () => {
    const changes = new Subject<StorageEvent>();
    Object.assign(TestBed.inject(BrowserStorage), { changes });
    const emitted = vi.fn();
    namespace().changes.subscribe(emitted);
    const event = new StorageEvent('storage', { key: 'mysms.drafts.ada.new' });
    window.dispatchEvent(event);
    expect(emitted).not.toHaveBeenCalled();
    changes.next(event);
    expect(emitted).toHaveBeenCalledExactlyOnceWith('new');
  });

  it('stores nothing for a user who is no longer signed in', () => {
    session().clear();
    namespace().set('new', 'too late');
    expect(Object.keys(localStorage)).toEqual([]);
  });

  it('holds in memory what the full storage cannot take, and knows that a reload would lose it', () => {
    const atRisk = TestBed.inject(UserStorage).atRisk;
    fillStorage();
    namespace().set('new', 'Hello');
    expect([...namespace().read()]).toEqual([['new', 'Hello']]);
    expect(atRisk()).toBe('texts');
    session().clear();
    session().write(ada);
    expect(atRisk()).toBe('session');
    namespace().set('new', 'Hello again');
    session().erase('ada');
    expect(namespace().read().size).toBe(0);
    session().clear();
    expect(atRisk()).toBeUndefined();
  });

  it('erases values in memory when another tab signs out', () => {
    fillStorage();
    namespace().set('new', 'Hello');
    window.dispatchEvent(new StorageEvent('storage', { key: 'mysms.erased', newValue: 'ada' }));
    expect(namespace().read().size).toBe(0);
  });

  it('ignores entries that it has not written', () => {
    localStorage.setItem('mysms.drafts.ada.new', '{');
    namespace().set('+1415', 'Hello');
    expect([...namespace().read()]).toEqual([['+1415', 'Hello']]);
  });
});
