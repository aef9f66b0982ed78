import { TestBed } from '@angular/core/testing';
import { Router, provideRouter } from '@angular/router';
import { authGuard, guestGuard } from './guards';
import { SessionStore } from './session-store';

describe('The guards', () => {
  const loadMessages = vi.fn(() => [{ path: '**', children: [] }]);
  const loadSignIn = vi.fn(() => [{ path: '**', children: [] }]);
  let user: object | undefined;

  beforeEach(() => {
    vi.clearAllMocks();
    TestBed.configureTestingModule({
      providers: [
        { provide: SessionStore, useValue: { user: () => user } },
        provideRouter([
          { path: 'messages', canMatch: [authGuard], loadChildren: loadMessages },
          { path: 'sign-in', canMatch: [guestGuard], loadChildren: loadSignIn },
          { path: '**', redirectTo: '/messages' },
        ]),
      ],
    });
  });

  const open = async (url: string): Promise<string> => {
    const router = TestBed.inject(Router);
    await router.navigateByUrl(url);
    return router.url;
  };

  it.each([
    ['/messages', '/sign-in'],
    ['/', '/sign-in'],
    [
      '/messages/%2B14155552671?at=m1',
      '/sign-in?returnTo=%2Fmessages%2F%252B14155552671%3Fat%3Dm1',
    ],
  ])('send a guest at %s to %s, without loading the page', async (url, target) => {
    user = undefined;
    expect(await open(url)).toBe(target);
    expect(loadMessages).not.toHaveBeenCalled();
  });

  it.each([
    ['/sign-in', '/messages'],
    [
      '/sign-in?returnTo=%2Fmessages%2F%252B14155552671%3Fat%3Dm1',
      '/messages/%2B14155552671?at=m1',
    ],
  ])('send a user at %s to %s, without loading the page', async (url, target) => {
    user = {};
    expect(await open(url)).toBe(target);
    expect(loadSignIn).not.toHaveBeenCalled();
  });
});
