import { Routes, UrlMatchResult, UrlSegment } from '@angular/router';
import { whenSignedIn, whenSignedOut } from './session/guards';
import { texts } from './texts/texts';

export const routes: Routes = [
  {
    path: 'sign-in',
    title: texts.titles.signIn,
    canActivate: [whenSignedOut],
    loadComponent: () => import('./account/sign-in-page').then((file) => file.SignInPage),
  },
  {
    path: 'sign-up',
    title: texts.titles.signUp,
    canActivate: [whenSignedOut],
    loadComponent: () => import('./account/sign-up-page').then((file) => file.SignUpPage),
  },
  {
    matcher: messagesUrl,
    title: texts.titles.messages,
    canActivate: [whenSignedIn],
    loadComponent: () => import('./messaging/messages-page').then((file) => file.MessagesPage),
  },
  {
    path: 'account',
    title: texts.titles.account,
    canActivate: [whenSignedIn],
    loadComponent: () => import('./account/account-page').then((file) => file.AccountPage),
  },
  { path: '**', redirectTo: 'messages' },
];

/** /messages, /messages/new and /messages/+14155552671 are one page, which stays as it is between them. */
function messagesUrl([first, peer, ...more]: UrlSegment[]): UrlMatchResult | null {
  if (first?.path !== 'messages' || more.length > 0) return null;
  return peer ? { consumed: [first, peer], posParams: { peer } } : { consumed: [first] };
}
