import { Type } from '@angular/core';
import { Route, Routes, UrlMatchResult, UrlSegment } from '@angular/router';
import { firstPageTexts } from './i18n/first-page-texts';
import { authGuard, guestGuard, signedInGuard } from './session/guards';
import { withStylesheet } from './ui/stylesheet';

const FOR_EVERYBODY = ['forgot-password', 'reset-password'];

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
    matcher: passwordReset,
    loadChildren: () =>
      withStylesheet(
        import('./account/password-reset/password-reset.routes').then(
          (file) => file.passwordResetRoutes,
        ),
        'account',
      ),
  },
  {
    path: '',
    loadComponent: signedIn,
    children: [
      { path: 'messages', canMatch: [authGuard], loadChildren: messenger },
      { path: 'contacts', canMatch: [authGuard], loadChildren: contacts },
      { path: 'log', canMatch: [authGuard], loadChildren: messageLog },
      { path: 'settings', canMatch: [authGuard], loadChildren: settings },
      // Where the settings were before.
      { path: 'account', redirectTo: '/settings/account' },
      { path: '', pathMatch: 'full', redirectTo: '/messages' },
      // Beside the places; somebody who is not signed in gets the same page alone.
      { ...notFound(), canMatch: [signedInGuard] },
    ],
  },
  notFound(),
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

function contacts(): Promise<Routes> {
  return withStylesheet(
    import('./messenger/contacts/contacts.routes').then((file) => file.contactsRoutes),
    'contacts',
  );
}

function messageLog(): Promise<Routes> {
  return withStylesheet(
    import('./message-log/message-log.routes').then((file) => file.messageLogRoutes),
    'message-log',
  );
}

function settings(): Promise<Routes> {
  return withStylesheet(
    import('./account/settings/settings.routes').then((file) => file.settingsRoutes),
    'account',
  );
}

function notFound(): Route {
  return {
    path: '**',
    title: firstPageTexts.titles.notFound,
    loadComponent: () =>
      withStylesheet(
        import('./not-found/not-found-page').then((file) => file.NotFoundPage),
        'not-found',
      ),
  };
}

/** Whether the page at this URL is the same for everybody, and stays when a user signs in or out. */
export function isForEverybody(url: string): boolean {
  return FOR_EVERYBODY.includes(/^\/([^/?#]*)/.exec(url)?.[1] ?? '');
}

// These match without consuming anything: the paths are in the lazy files.

function signInOrUp(segments: UrlSegment[]): UrlMatchResult | null {
  return matchesOneOf(['sign-in', 'sign-up'], segments);
}

function passwordReset(segments: UrlSegment[]): UrlMatchResult | null {
  return matchesOneOf(FOR_EVERYBODY, segments);
}

function matchesOneOf(
  paths: readonly string[],
  [first, ...more]: UrlSegment[],
): UrlMatchResult | null {
  return more.length === 0 && paths.includes(first?.path ?? '') ? { consumed: [] } : null;
}
