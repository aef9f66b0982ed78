import { Type } from '@angular/core';
import { Routes, UrlMatchResult, UrlSegment } from '@angular/router';
import { authGuard, guestGuard } from './session/guards';
import { withStylesheet } from './ui/stylesheet';

export const routes: Routes = [
  {
    matcher: signInOrUp,
    canMatch: [guestGuard],
    loadChildren: () =>
      withStylesheet(
        import('./account/sign-in/sign-in.routes').then((file) => file.signInRoutes),
        'account',
      ),
  },
  {
    path: '',
    loadComponent: signedIn,
    children: [
      { path: 'messages', canMatch: [authGuard], loadChildren: messenger },
      { path: 'account', canMatch: [authGuard], loadChildren: account },
      { path: '**', redirectTo: '/messages' },
    ],
  },
];

/** Loads what a signed-in user sees first while the session is being renewed, and not after it. */
export function preloadSignedIn(): void {
  void Promise.allSettled([signedIn(), messenger()]);
}

function signedIn(): Promise<Type<unknown>> {
  return withStylesheet(
    import('./signed-in').then((file) => file.SignedIn),
    'layout',
  );
}

function messenger(): Promise<Routes> {
  return withStylesheet(
    import('./messenger/messenger.routes').then((file) => file.messengerRoutes),
    'messenger',
  );
}

function account(): Promise<Routes> {
  return withStylesheet(
    import('./account/account.routes').then((file) => file.accountRoutes),
    'account',
  );
}

/** Matches without consuming anything: the paths are in the lazy file. */
function signInOrUp([first, ...more]: UrlSegment[]): UrlMatchResult | null {
  const matches = more.length === 0 && ['sign-in', 'sign-up'].includes(first?.path ?? '');
  return matches ? { consumed: [] } : null;
}
