import { HttpErrorResponse, provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { Session } from '../api/models';
import { SessionStore } from '../session/session-store';
import { AccountClient } from './account-client';
import { AccountStore } from './account-store';

const at = '2026-11-22T12:00:00.000Z';
const here: Session = {
  _id: 's1',
  device: 'Firefox on Linux',
  created_at: at,
  last_used_at: at,
  current: true,
};
const there: Session = { ...here, _id: 's2', device: 'Safari on iPhone', current: false };

describe('AccountStore', () => {
  const session = {
    signOut: vi.fn(),
    signOutEverywhere: vi.fn(() => Promise.resolve()),
    changePassword: vi.fn(() => Promise.resolve()),
  };
  let http: HttpTestingController;
  let store: AccountStore;

  beforeEach(() => {
    vi.resetAllMocks();
    TestBed.configureTestingModule({
      providers: [
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: SessionStore, useValue: session },
        AccountClient,
        AccountStore,
      ],
    });
    http = TestBed.inject(HttpTestingController);
    store = TestBed.inject(AccountStore);
  });

  afterEach(() => {
    http.verify();
  });

  it('keeps the sessions when reloading fails, and shows the problem', async () => {
    await load();
    const loading = store.load();
    http.expectOne('/users/sessions').error(new ProgressEvent('error'));
    await loading;
    expect(store.sessions()).toEqual([here, there]);
    expect(store.problem()).toBe("Can't reach the server. Check your connection.");
    await load();
    expect(store.problem()).toBe('');
  });

  it.each([204, 404])('removes a session from the list after a %s', async (status) => {
    await load();
    const ending = store.end(there);
    http
      .expectOne({ method: 'DELETE', url: '/users/sessions/s2' })
      .flush(null, { status, statusText: 'Any' });
    expect(await ending).toBe(true);
    expect(store.sessions()).toEqual([here]);
  });

  it('keeps a session that could not be ended', async () => {
    await load();
    const ending = store.end(there);
    http.expectOne('/users/sessions/s2').flush(null, { status: 500, statusText: 'No' });
    expect(await ending).toBe(false);
    expect(store.sessions()).toEqual([here, there]);
    expect(store.problem()).toBe('The server has a problem at the moment.');
  });

  it('signs out here to end the current session', async () => {
    await load();
    await store.end(here);
    expect(session.signOut).toHaveBeenCalledOnce();
  });

  it('shows why not all sessions could be ended', async () => {
    session.signOutEverywhere.mockRejectedValueOnce(new HttpErrorResponse({ status: 503 }));
    await store.endAll();
    expect(store.problem()).toBe('The server has a problem at the moment.');
    await store.endAll();
    expect(store.problem()).toBe('');
  });

  it('reloads the sessions after a change of password', async () => {
    await load();
    const change = { current_password: 'old', password: 'new', password_confirmation: 'new' };
    const changing = store.changePassword(change);
    expect(session.changePassword).toHaveBeenCalledExactlyOnceWith(change);
    await Promise.resolve();
    http.expectOne('/users/sessions').flush([here]);
    await changing;
    expect(store.sessions()).toEqual([here]);
  });

  async function load(): Promise<void> {
    const loading = store.load();
    http.expectOne('/users/sessions').flush([here, there]);
    await loading;
  }
});
