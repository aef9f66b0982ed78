import { provideHttpClient, withInterceptors, HttpClient, HttpParams } from '@angular/common/http';
import {
  HttpTestingController,
  TestRequest,
  provideHttpClientTesting,
} from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { IS_REACHABLE } from '../api/loopback';
import { fillStorage } from '../storage/testing';
import { StoredSession } from './session-repository';
import { SessionStore } from './session-store';
import { tokenInterceptor } from './token-interceptor';

const ada = { _id: 'u1', email: 'ada@example.com', created_at: '2026-11-22T12:00:00.000Z' };
const tokens = (number: number) => ({
  access_token: `access-${number}`,
  token_type: 'bearer',
  expires_in: 900,
  refresh_token: `refresh-${number}`,
});

describe('SessionStore', () => {
  let http: HttpTestingController;
  let session: SessionStore;
  const isReachable = vi.fn(() => true);

  beforeEach(() => {
    vi.useFakeTimers();
    localStorage.clear();
    isReachable.mockReset().mockReturnValue(true);
    TestBed.configureTestingModule({
      providers: [
        provideHttpClient(withInterceptors([tokenInterceptor])),
        provideHttpClientTesting(),
        { provide: IS_REACHABLE, useValue: isReachable },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    session = TestBed.inject(SessionStore);
  });

  afterEach(() => {
    http.verify();
    vi.useRealTimers();
  });

  it('is signed out if nothing is stored', () => {
    session.start();
    expect(session.status()).toBe('signed-out');
  });

  it('erases the data of a user who signs out, and of nobody else', () => {
    store('refresh-1');
    localStorage.setItem('mysms.drafts.u1.new', '"Hello"');
    localStorage.setItem('mysms.drafts.u2.new', '"Hi"');
    session.start();
    http.match('/users/token');
    session.signOut();
    http.match('/users/sign_out');
    expect(localStorage.getItem('mysms.drafts.u1.new')).toBeNull();
    expect(localStorage.getItem('mysms.drafts.u2.new')).toBe('"Hi"');
  });

  describe('what other apps have shared', () => {
    const MINUTE_MS = 60 * 1000;
    let ages: number[];

    beforeEach(() => {
      ages = [1, 11];
      const urlOf = (age: number) => `https://example.com/share?at=${Date.now() - age * MINUTE_MS}`;
      const cache = {
        keys: () => Promise.resolve(ages.map((age) => ({ url: urlOf(age) }))),
        delete: ({ url }: Request) => {
          ages = ages.filter((age) => urlOf(age) !== url);
          return Promise.resolve(true);
        },
      };
      vi.stubGlobal('caches', {
        has: () => Promise.resolve(true),
        open: () => Promise.resolve(cache),
        delete: () => {
          ages = [];
          return Promise.resolve(true);
        },
      });
    });

    afterEach(() => {
      vi.unstubAllGlobals();
    });

    it('waits for somebody to sign in, unless it is too old', async () => {
      session.start();
      await vi.advanceTimersByTimeAsync(0);
      expect(ages).toEqual([1]);
      const signingIn = session.signIn({ email: ada.email, password: 'correct horse' });
      http.expectOne('/users/sign_in').flush({ ...ada, ...tokens(1) });
      await signingIn;
      expect(ages).toEqual([1]);
    });

    it('is deleted when the user signs out', async () => {
      store('refresh-1');
      session.start();
      http.match('/users/token');
      await vi.advanceTimersByTimeAsync(0);
      expect(ages).toEqual([1, 11]);
      session.signOut();
      http.match('/users/sign_out');
      await vi.advanceTimersByTimeAsync(0);
      expect(ages).toEqual([]);
    });
  });

  describe('the cache of messages', () => {
    const deleteDatabase = vi.fn();

    beforeEach(() => {
      deleteDatabase.mockClear();
      vi.stubGlobal('indexedDB', { deleteDatabase });
    });

    afterEach(() => {
      vi.unstubAllGlobals();
    });

    it('is deleted at a start without a session, in case that it could not be before', () => {
      session.start();
      expect(deleteDatabase).toHaveBeenCalledExactlyOnceWith('mysms.cache');
    });

    it.each([
      [
        'signs out',
        () => {
          session.signOut();
          return Promise.resolve();
        },
      ],
      ['deletes the account', () => deleteAccount()],
      [
        'signs out in another tab',
        () => {
          localStorage.clear();
          otherTabWrote();
          return Promise.resolve();
        },
      ],
      [
        'is followed by another one in another tab',
        () => {
          store('refresh-of-bob', 'u2');
          otherTabWrote();
          return Promise.resolve();
        },
      ],
    ])('stays over reloads, and is deleted when the user %s', async (_, act) => {
      await signedIn();
      expect(deleteDatabase).not.toHaveBeenCalled();
      await act();
      expect(deleteDatabase).toHaveBeenCalledExactlyOnceWith('mysms.cache');
      http.match(() => true);
    });

    it.each([0, 400, 401, 404, 429, 500, 503])(
      'stays while the response is a %d, and is deleted once the session has ended',
      async (status) => {
        store('refresh-1');
        session.start();
        await refuse(expectRefresh('refresh-1'), status);
        expect(session.status()).toBe('unavailable');
        session.retry();
        const request = expectRefresh('refresh-1');
        expect(deleteDatabase).not.toHaveBeenCalled();
        await refuse(request, 400, 'session_ended');
        expect(session.status()).toBe('signed-out');
        expect(deleteDatabase).toHaveBeenCalledOnce();
      },
    );
  });

  it('signs in and stores the refresh token only', async () => {
    session.start();
    const signingIn = session.signIn({ email: ada.email, password: 'password' });
    http.expectOne('/users/sign_in').flush({ ...ada, ...tokens(1) });
    await signingIn;
    expect(session.status()).toBe('signed-in');
    expect(session.user()).toEqual({ id: 'u1', email: ada.email });
    expect(stored()).toBe('refresh-1');
    expect(JSON.stringify(localStorage)).not.toContain('access-1');
  });

  it('is loading after a reload until it has new tokens', async () => {
    store('refresh-1');
    session.start();
    expect(session.status()).toBe('loading');
    const request = expectRefresh('refresh-1');
    await answer(request, tokens(2));
    expect(session.status()).toBe('signed-in');
    expect(stored()).toBe('refresh-2');
  });

  it('refreshes once for concurrent callers', async () => {
    await signedIn();
    void session.refresh();
    void session.refresh();
    await answer(expectRefresh('refresh-2'), tokens(3));
    expect(stored()).toBe('refresh-3');
  });

  it("keeps the other tab's successor if that tab was quicker", async () => {
    store('refresh-1');
    session.start();
    const request = expectRefresh('refresh-1');
    store('refresh-of-the-other-tab');
    await answer(request, tokens(2));
    expect(stored()).toBe('refresh-of-the-other-tab');
    expect(session.status()).toBe('signed-in');
  });

  describe('where the browser has no room left', () => {
    afterEach(() => {
      vi.restoreAllMocks();
    });

    it('signs in and holds the session in memory, each token used once', async () => {
      fillStorage();
      session.start();
      const signingIn = session.signIn({ email: ada.email, password: 'password' });
      http.expectOne('/users/sign_in').flush({ ...ada, ...tokens(1) });
      await signingIn;
      expect(session.status()).toBe('signed-in');
      void session.refresh();
      await answer(expectRefresh('refresh-1'), tokens(2));
      void session.refresh();
      await answer(expectRefresh('refresh-2'), tokens(3));
      session.signOut();
      expect(session.status()).toBe('signed-out');
      expectSignOut('refresh-3').flush(null);
    });

    it('uses no token that a reload would not have: that would end the session', async () => {
      await signedIn();
      const full = fillStorage();
      for (const time of [3, 4]) {
        void session.refresh();
        await answer(expectRefresh('refresh-2'), tokens(time));
        expect(await session.accessToken()).toBe(`access-${time}`);
        expect(stored()).toBe('refresh-2');
      }
      full.mockRestore();
      void session.refresh();
      await answer(expectRefresh('refresh-2'), tokens(5));
      expect(stored()).toBe('refresh-5');
    });
  });

  it('ends with session_ended only', async () => {
    store('refresh-1');
    session.start();
    await refuse(expectRefresh('refresh-1'), 400, 'session_ended');
    expect(session.status()).toBe('signed-out');
    expect(session.signOutReason()).toBe('session-ended');
    expect(session.user()).toBeUndefined();
    expect(stored()).toBeUndefined();
  });

  describe('whether a session that the API has ended was ended elsewhere', () => {
    const DAY_MS = 86_400_000;
    const drafts = () => localStorage.getItem('mysms.drafts.u1.new');

    it.each([
      ['of today was, and what it has written is erased', 0, 0, true],
      ['that was used 28 days ago was', 28, 28, true],
      ['that was used 30 days ago may have expired, and everything stays', 30, 30, false],
      ['of 90 days ago may have expired, whenever it was used', 90, 1, false],
      ['whose clock was set back may have expired', -40, -40, false],
    ])('one %s', async (_, startedDaysAgo, usedDaysAgo, isErased) => {
      await beginAt(Date.now() - startedDaysAgo * DAY_MS);
      await renewAt(Date.now() + (startedDaysAgo - usedDaysAgo) * DAY_MS);
      vi.setSystemTime(Date.now() + usedDaysAgo * DAY_MS);
      void session.refresh();
      await refuse(expectRefresh('refresh-2'), 400, 'session_ended');
      expect(session.signOutReason()).toBe(isErased ? 'ended-elsewhere' : 'session-ended');
      expect(drafts()).toBe(isErased ? null : '"Hello"');
    });

    it('it was not if the server does not know its token, as after a leaked secret was replaced', async () => {
      await beginAt(Date.now());
      void session.refresh();
      expectRefresh('refresh-1').flush(
        { code: 'session_ended', reason: 'unknown_token' },
        { status: 400, statusText: 'No' },
      );
      await vi.advanceTimersByTimeAsync(0);
      expect(session.signOutReason()).toBe('session-ended');
      expect(drafts()).toBe('"Hello"');
    });

    it('is unknown for a session that an earlier version has begun', async () => {
      await signedIn();
      localStorage.setItem('mysms.drafts.u1.new', '"Hello"');
      void session.refresh();
      await refuse(expectRefresh('refresh-2'), 400, 'session_ended');
      expect(session.signOutReason()).toBe('session-ended');
      expect(drafts()).toBe('"Hello"');
    });

    it.each([
      ['PUT', '/users/password', 'session-ended', false],
      ['PUT', '/users/password_reset', 'password-reset', false],
      ['DELETE', '/users/sessions', 'signed-out-everywhere', true],
      ['DELETE', '/users', 'account-deleted', true],
    ])('it was not by a %s of %s, whose response is lost', async (method, url, reason, erases) => {
      for (const status of [0, 408, 503, 401, 422, 429]) {
        await beginAt(Date.now());
        const result = endBy(url).catch(() => undefined);
        await vi.advanceTimersByTimeAsync(0);
        const request = http.expectOne({ method, url });
        expect(endsHere()).toBe(reason);
        await refuse(request, status);
        await result;
        expect(session.status()).toBe('signed-in');
        void session.refresh();
        await refuse(expectRefresh('refresh-1'), 400, 'session_ended');
        const isRefused = [401, 422, 429].includes(status);
        expect(session.signOutReason()).toBe(isRefused ? 'ended-elsewhere' : reason);
        expect(drafts()).toBe(isRefused || erases ? null : '"Hello"');
      }
    });

    it.each(['/users/password', '/users/password_reset', '/users/sessions', '/users'])(
      'is asked anew after %s has failed and a refresh has shown that the session goes on',
      async (url) => {
        await beginAt(Date.now());
        const result = endBy(url).catch(() => undefined);
        await vi.advanceTimersByTimeAsync(0);
        await refuse(http.expectOne({ url }), 0);
        await result;
        void session.refresh();
        await answer(expectRefresh('refresh-1'), tokens(2));
        expect(endsHere()).toBeUndefined();
      },
    );

    function endBy(url: string): Promise<void> {
      const passwords = { password: 'new', password_confirmation: 'new' };
      switch (url) {
        case '/users/password':
          return session.changePassword({ current_password: 'old', ...passwords });
        case '/users/password_reset':
          return session.resetPassword({ token: 't', ...passwords });
        case '/users/sessions':
          return session.signOutEverywhere();
        default:
          return session.deleteAccount('old');
      }
    }

    function endsHere(): string | undefined {
      return (JSON.parse(localStorage.getItem('mysms.session') ?? 'null') as StoredSession)
        .endsHere;
    }

    async function beginAt(time: number): Promise<void> {
      vi.setSystemTime(time);
      session.start();
      const signingIn = session.signIn({ email: ada.email, password: 'password' });
      http.expectOne('/users/sign_in').flush({ ...ada, ...tokens(1) });
      await signingIn;
      localStorage.setItem('mysms.drafts.u1.new', '"Hello"');
    }

    async function renewAt(time: number): Promise<void> {
      vi.setSystemTime(time);
      void session.refresh();
      await answer(expectRefresh('refresh-1'), tokens(2));
    }
  });

  it('does not end if only the previous token was too old', async () => {
    store('refresh-1');
    session.start();
    const request = expectRefresh('refresh-1');
    store('refresh-2');
    await refuse(request, 400, 'session_ended');
    await answer(expectRefresh('refresh-2'), tokens(3));
    expect(session.status()).toBe('signed-in');
    expect(stored()).toBe('refresh-3');
  });

  it.each([0, 400, 401, 404, 429, 500, 503])(
    'survives a %s at reload and recovers by itself',
    async (status) => {
      store('refresh-1');
      session.start();
      await refuse(expectRefresh('refresh-1'), status);
      expect(session.status()).toBe('unavailable');
      expect(session.user()?.email).toBe(ada.email);
      expect(stored()).toBe('refresh-1');
      await vi.advanceTimersByTimeAsync(2_000);
      await answer(expectRefresh('refresh-1'), tokens(2));
      expect(session.status()).toBe('signed-in');
    },
  );

  it('waits as long as Retry-After says, and longer each time', async () => {
    store('refresh-1');
    session.start();
    await refuse(expectRefresh('refresh-1'), 429, '', { 'Retry-After': '30' });
    await vi.advanceTimersByTimeAsync(29_000);
    http.expectNone('/users/token');
    await vi.advanceTimersByTimeAsync(9_000);
    await refuse(expectRefresh('refresh-1'), 500);
    await vi.advanceTimersByTimeAsync(1_900);
    http.expectNone('/users/token');
    await vi.advanceTimersByTimeAsync(2_200);
    await answer(expectRefresh('refresh-1'), tokens(2));
  });

  it.each(['hidden', 'out of reach'])('does not retry while %s', async (state) => {
    let isAway = true;
    vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() =>
      state === 'hidden' && isAway ? 'hidden' : 'visible',
    );
    isReachable.mockImplementation(() => state !== 'out of reach' || !isAway);
    store('refresh-1');
    session.start();
    await refuse(expectRefresh('refresh-1'), 503);
    await vi.advanceTimersByTimeAsync(3600_000);
    http.expectNone('/users/token');
    isAway = false;
    if (state === 'hidden') document.dispatchEvent(new Event('visibilitychange'));
    else window.dispatchEvent(new Event('online'));
    await answer(expectRefresh('refresh-1'), tokens(2));
    expect(session.status()).toBe('signed-in');
    vi.restoreAllMocks();
  });

  it('retries a few times a minute while every response is a 503', async () => {
    store('refresh-1');
    session.start();
    let calls = 0;
    for (let tenths = 0; tenths < 600; tenths++) {
      for (const request of http.match('/users/token')) {
        calls += 1;
        await refuse(request, 503);
      }
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(calls).toBeGreaterThan(4);
    expect(calls).toBeLessThanOrEqual(6);
  });

  it('retries at once when the network is back', async () => {
    store('refresh-1');
    session.start();
    await refuse(expectRefresh('refresh-1'), 0);
    window.dispatchEvent(new Event('online'));
    await answer(expectRefresh('refresh-1'), tokens(2));
    expect(session.status()).toBe('signed-in');
  });

  it('renews the token before it expires, and uses the old one while that fails', async () => {
    await signedIn();
    vi.setSystemTime(Date.now() + 850_000);
    const token = session.accessToken();
    await refuse(expectRefresh('refresh-2'), 503);
    expect(await token).toBe('access-2');
    expect(session.status()).toBe('signed-in');
  });

  it('signs out here at once and revokes the session at the API', async () => {
    await signedIn();
    session.signOut();
    expect(session.status()).toBe('signed-out');
    expect(stored()).toBeUndefined();
    const request = expectSignOut('refresh-2');
    expect(localStorage.getItem('mysms.ending')).toContain('refresh-2');
    request.flush(null);
    await vi.advanceTimersByTimeAsync(0);
    expect(localStorage).toHaveLength(0);
  });

  it.each([0, 404, 429, 503])(
    'revokes the session later if the API responds with %s',
    async (status) => {
      await signedIn();
      session.signOut();
      await refuse(expectSignOut('refresh-2'), status);
      expect(session.status()).toBe('signed-out');
      window.dispatchEvent(new Event('online'));
      await refuse(expectSignOut('refresh-2'), status);
      await vi.advanceTimersByTimeAsync(30_000);
      expectSignOut('refresh-2').flush(null);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(localStorage).toHaveLength(0);
    },
  );

  it('revokes no sooner than Retry-After says, whatever happens meanwhile', async () => {
    await signedIn();
    session.signOut();
    await refuse(expectSignOut('refresh-2'), 429, '', { 'Retry-After': '300' });
    window.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(299_999);
    http.expectNone('/users/sign_out');
    await vi.advanceTimersByTimeAsync(75_001);
    expectSignOut('refresh-2').flush(null);
    await vi.advanceTimersByTimeAsync(0);
    expect(localStorage).toHaveLength(0);
  });

  it('revokes none of the other sessions before a Retry-After is over', async () => {
    localStorage.setItem('mysms.ending', '["refresh-1","refresh-2"]');
    session.start();
    await refuse(expectSignOut('refresh-1'), 503, '', { 'Retry-After': '300' });
    await vi.advanceTimersByTimeAsync(299_999);
    http.expectNone('/users/sign_out');
  });

  it('revokes at the next start, and drops sessions that the API does not know', async () => {
    localStorage.setItem('mysms.ending', '["refresh-1","refresh-2"]');
    session.start();
    await refuse(expectSignOut('refresh-1'), 401);
    expectSignOut('refresh-2').flush(null);
    await vi.advanceTimersByTimeAsync(0);
    expect(localStorage).toHaveLength(0);
  });

  it('has the reason of the sign-out until the next sign-in', async () => {
    await signedIn();
    await deleteAccount();
    expect(session.status()).toBe('signed-out');
    expect(stored()).toBeUndefined();
    await session.refresh();
    expect(session.signOutReason()).toBe('account-deleted');
    store('refresh-of-bob', 'u2');
    otherTabWrote();
    expect(session.signOutReason()).toBeUndefined();
    await answer(expectRefresh('refresh-of-bob'), tokens(3));
  });

  it('follows a sign-out in another tab', async () => {
    await signedIn();
    localStorage.clear();
    otherTabWrote();
    expect(session.status()).toBe('signed-out');
  });

  it('has the reason of the sign-out in every tab, and stores nothing of it', async () => {
    await signedIn();
    localStorage.clear();
    otherTabWrote();
    window.dispatchEvent(
      new StorageEvent('storage', { key: 'mysms.sign-out-reason', newValue: 'session-ended' }),
    );
    expect(session.signOutReason()).toBe('session-ended');
    window.dispatchEvent(
      new StorageEvent('storage', { key: 'mysms.sign-out-reason', newValue: null }),
    );
    expect(session.signOutReason()).toBe('session-ended');
    expect(localStorage.length).toBe(0);
  });

  it('stores nothing of the reason that it gives the other tabs', async () => {
    await signedIn();
    await deleteAccount();
    expect(localStorage.length).toBe(0);
  });

  it('stays signed out when a pending refresh fails', async () => {
    await signedIn();
    const refresh = session.refresh();
    const request = expectRefresh('refresh-2');
    localStorage.clear();
    otherTabWrote();
    await refuse(request, 0);
    await refresh;
    expect(session.status()).toBe('signed-out');
  });

  it('follows a new user of another tab, and ignores the response for the previous one', async () => {
    await signedIn();
    void session.refresh();
    const stale = expectRefresh('refresh-2');
    store('refresh-of-bob', 'u2');
    otherTabWrote();
    expect(session.user()?.id).toBe('u2');
    await answer(stale, tokens(3));
    expect(session.status()).toBe('loading');
    await answer(expectRefresh('refresh-of-bob'), tokens(4));
    expect(session.status()).toBe('signed-in');
    expect(await session.accessToken()).toBe('access-4');
    expect(stored()).toBe('refresh-4');
  });

  describe('a change of password', () => {
    const change = { current_password: 'old', password: 'new', password_confirmation: 'new' };

    function expectChange(token: string): TestRequest {
      const request = http.expectOne({ method: 'PUT', url: '/users/password' });
      expect(request.request.body).toEqual({ user: change });
      expect(request.request.headers.get('Authorization')).toBe(`Bearer ${token}`);
      return request;
    }

    async function changing(): Promise<{ request: TestRequest; result: Promise<unknown> }> {
      const result = session.changePassword(change).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(0);
      return { request: expectChange('access-2'), result };
    }

    it('continues with the tokens of the new session', async () => {
      await signedIn();
      const { request, result } = await changing();
      await answer(request, tokens(7));
      await result;
      expect(stored()).toBe('refresh-7');
      expect(await session.accessToken()).toBe('access-7');
      void session.refresh();
      await answer(expectRefresh('refresh-7'), tokens(8));
      expect(session.status()).toBe('signed-in');
    });

    it('lets no refresh use the old token meanwhile', async () => {
      await signedIn();
      const { request } = await changing();
      const renewed = session.accessTokenInsteadOf('access-2');
      await vi.advanceTimersByTimeAsync(0);
      http.expectNone('/users/token');
      await answer(request, tokens(7));
      expect(await renewed).toBe('access-7');
    });

    it('waits for a refresh in progress', async () => {
      await signedIn();
      void session.refresh();
      const refresh = expectRefresh('refresh-2');
      const result = session.changePassword(change);
      await vi.advanceTimersByTimeAsync(0);
      http.expectNone('/users/password');
      await answer(refresh, tokens(3));
      await answer(expectChange('access-3'), tokens(7));
      await result;
      expect(stored()).toBe('refresh-7');
    });

    it.each([0, 401, 422, 503])('that fails with a %s changes nothing', async (status) => {
      await signedIn();
      const { request, result } = await changing();
      await refuse(request, status);
      expect(await result).toMatchObject({ status });
      expect(stored()).toBe('refresh-2');
      expect(await session.accessToken()).toBe('access-2');
      void session.refresh();
      await answer(expectRefresh('refresh-2'), tokens(3));
      expect(session.status()).toBe('signed-in');
    });

    it('continues if another tab has found the old session ended', async () => {
      await signedIn();
      const { request, result } = await changing();
      localStorage.clear();
      otherTabWrote();
      window.dispatchEvent(
        new StorageEvent('storage', { key: 'mysms.sign-out-reason', newValue: 'session-ended' }),
      );
      expect(session.status()).toBe('signed-out');
      await answer(request, tokens(7));
      await result;
      expect(session.status()).toBe('signed-in');
      expect(stored()).toBe('refresh-7');
    });

    it('ends the new session if somebody has signed out meanwhile', async () => {
      await signedIn();
      const { request, result } = await changing();
      session.signOut();
      await answer(expectSignOut('refresh-2'), {});
      await answer(request, tokens(7));
      await result;
      expect(session.status()).toBe('signed-out');
      expect(stored()).toBeUndefined();
      expectSignOut('refresh-7').flush(null);
    });
  });

  describe.each([
    ['signing out everywhere', '/users/sessions', 'signed-out-everywhere'],
    ['deleting the account', '/users', 'account-deleted'],
  ])('%s', (_, url, reason) => {
    const begin = async (): Promise<{ request: TestRequest; result: Promise<unknown> }> => {
      const result = (
        url === '/users' ? session.deleteAccount('secret') : session.signOutEverywhere()
      ).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(0);
      const request = http.expectOne({ method: 'DELETE', url });
      expect(request.request.headers.get('Authorization')).toBe('Bearer access-2');
      expect(request.request.body).toEqual(
        url === '/users' ? { user: { password: 'secret' } } : null,
      );
      return { request, result };
    };

    it('signs out once it is done, and erases what is not sent', async () => {
      await signedIn();
      localStorage.setItem('mysms.drafts.u1.new', '"Hello"');
      localStorage.setItem('mysms.drafts.u2.new', '"Hi"');
      const { request, result } = await begin();
      expect(session.status()).toBe('signed-in');
      request.flush(null, { status: 204, statusText: 'No Content' });
      await result;
      expect(session.status()).toBe('signed-out');
      expect(session.signOutReason()).toBe(reason);
      expect(Object.keys(localStorage)).toEqual(['mysms.drafts.u2.new']);
    });

    it.each([0, 401, 422, 503])('stays signed in after a %s', async (status) => {
      await signedIn();
      const { request, result } = await begin();
      await refuse(request, status);
      expect(await result).toMatchObject({ status });
      expect(session.status()).toBe('signed-in');
      expect(stored()).toBe('refresh-2');
    });

    it('lets no refresh find the session ended meanwhile', async () => {
      await signedIn();
      const { request, result } = await begin();
      void session.refresh();
      await vi.advanceTimersByTimeAsync(0);
      http.expectNone('/users/token');
      request.flush(null);
      await result;
      expect(session.signOutReason()).toBe(reason);
    });
  });

  describe('a reset of the password', () => {
    const reset = { token: 't', password: 'new', password_confirmation: 'new' };

    it('signs out whoever is signed in here, and keeps what is written', async () => {
      await signedIn();
      localStorage.setItem('mysms.drafts.u1.new', '"Hello"');
      const result = session.resetPassword(reset);
      await vi.advanceTimersByTimeAsync(0);
      const request = http.expectOne({ method: 'PUT', url: '/users/password_reset' });
      expect(request.request.body).toEqual({ user: reset });
      request.flush(null, { status: 204, statusText: 'No Content' });
      await result;
      expect(session.status()).toBe('signed-out');
      expect(session.signOutReason()).toBe('password-reset');
      expectSignOut('refresh-2').flush(null, { status: 401, statusText: 'No' });
      await vi.advanceTimersByTimeAsync(0);
      expect(Object.keys(localStorage)).toEqual(['mysms.drafts.u1.new']);
    });

    it('tells the sign-in page, and keeps the session if it is refused', async () => {
      await signedIn();
      const refused = session.resetPassword(reset).catch(() => 'refused');
      await vi.advanceTimersByTimeAsync(0);
      await refuse(http.expectOne('/users/password_reset'), 422);
      expect(await refused).toBe('refused');
      expect(session.status()).toBe('signed-in');
      expect(stored()).toBe('refresh-2');

      session.signOut();
      expectSignOut('refresh-2').flush(null);
      const result = session.resetPassword(reset);
      await vi.advanceTimersByTimeAsync(0);
      http.expectOne('/users/password_reset').flush(null);
      await result;
      expect(session.signOutReason()).toBe('password-reset');
    });
  });

  describe('its requests', () => {
    const get = (url: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        TestBed.inject(HttpClient).get(url).subscribe({ next: resolve, error: reject });
      });

    it('repeats a request after a 401 once, with a new token', async () => {
      await signedIn();
      const messages = get('/api/messages');
      await vi.advanceTimersByTimeAsync(0);
      await refuse(expectWith('access-2'), 401);
      await answer(expectRefresh('refresh-2'), tokens(3));
      expectWith('access-3').flush([]);
      expect(await messages).toEqual([]);
    });

    it('gives up after a second 401, and stays signed in', async () => {
      await signedIn();
      const messages = get('/api/messages').catch(() => 'refused');
      await vi.advanceTimersByTimeAsync(0);
      await refuse(expectWith('access-2'), 401);
      await answer(expectRefresh('refresh-2'), tokens(3));
      await refuse(expectWith('access-3'), 401);
      expect(await messages).toBe('refused');
      expect(session.status()).toBe('signed-in');
    });

    it('gives the token to nobody else', async () => {
      await signedIn();
      void get('https://elsewhere.example/api/messages');
      const request = http.expectOne('https://elsewhere.example/api/messages');
      expect(request.request.headers.has('Authorization')).toBe(false);
      request.flush([]);
    });

    function expectWith(token: string): TestRequest {
      return http.expectOne(
        ({ url, headers }) =>
          url === '/api/messages' && headers.get('Authorization') === `Bearer ${token}`,
      );
    }
  });

  async function deleteAccount(): Promise<void> {
    const deleting = session.deleteAccount('secret');
    await vi.advanceTimersByTimeAsync(0);
    http.expectOne('/users').flush(null);
    await deleting;
  }

  async function signedIn(): Promise<void> {
    store('refresh-1');
    session.start();
    await answer(expectRefresh('refresh-1'), tokens(2));
  }

  function expectRefresh(token: string): TestRequest {
    return http.expectOne(
      ({ url, body }) =>
        url === '/users/token' &&
        body instanceof HttpParams &&
        body.toString() === `grant_type=refresh_token&refresh_token=${token}`,
    );
  }

  function expectSignOut(token: string): TestRequest {
    return http.expectOne(
      ({ method, url, headers }) =>
        method === 'DELETE' &&
        url === '/users/sign_out' &&
        headers.get('Authorization') === `Bearer ${token}`,
    );
  }

  async function answer(request: TestRequest, body: object): Promise<void> {
    request.flush(body);
    await vi.advanceTimersByTimeAsync(0);
  }

  async function refuse(
    request: TestRequest,
    status: number,
    code = '',
    headers: Record<string, string> = {},
  ): Promise<void> {
    if (status === 0) request.error(new ProgressEvent('error'));
    else request.flush({ code }, { status, statusText: 'No', headers });
    await vi.advanceTimersByTimeAsync(0);
  }
});

function store(refreshToken: string, id = ada._id): void {
  const session = { refreshToken, user: { id, email: ada.email } };
  localStorage.setItem('mysms.session', JSON.stringify(session));
}

function stored(): string | undefined {
  const session = JSON.parse(localStorage.getItem('mysms.session') ?? 'null') as {
    refreshToken: string;
  } | null;
  return session?.refreshToken;
}

function otherTabWrote(): void {
  window.dispatchEvent(new StorageEvent('storage', { key: 'mysms.session' }));
}
