import { Type } from '@angular/core';
import { Routes, UrlMatchResult, UrlSegment } from '@angular/router';
import accountStyles from '../styles/account.css' with { loader: 'file' };
import frameStyles from '../styles/frame.css' with { loader: 'file' };
import messagingStyles from '../styles/messaging.css' with { loader: 'file' };
import { whenSignedIn, whenSignedOut } from './session/guards';
import { firstPageTexts } from './i18n/first-page-texts';
import { addStylesheet } from './ui/stylesheet';

const { titles } = firstPageTexts;

export const routes: Routes = [
  {
    path: 'sign-in',
    title: titles.signIn,
    canActivate: [whenSignedOut],
    loadComponent: () =>
      dressed(
        import('./account/sign-in-page').then((file) => file.SignInPage),
        accountStyles,
      ),
  },
  {
    path: 'sign-up',
    title: titles.signUp,
    canActivate: [whenSignedOut],
    loadComponent: () =>
      dressed(
        import('./account/sign-up-page').then((file) => file.SignUpPage),
        accountStyles,
      ),
  },
  {
    path: '',
    canActivate: [whenSignedIn],
    loadComponent: signedIn,
    children: [
      {
        matcher: messagesUrl,
        title: titles.messages,
        loadComponent: messages,
      },
      {
        path: 'account',
        title: titles.account,
        loadComponent: () =>
          dressed(
            import('./account/account-page').then((file) => file.AccountPage),
            accountStyles,
          ),
      },
      { path: '**', redirectTo: '/messages' },
    ],
  },
];

/** For who is signed in: what they see first comes while their session is renewed, and not after it. */
export function loadAhead(): void {
  void Promise.allSettled([signedIn(), messages()]);
}

function signedIn(): Promise<Type<unknown>> {
  return dressed(
    import('./signed-in').then((file) => file.SignedIn),
    frameStyles,
  );
}

function messages(): Promise<Type<unknown>> {
  return dressed(
    import('./messenger/messenger-page').then((file) => file.MessagesPage),
    messagingStyles,
  );
}

/** /messages, /messages/new and /messages/+14155552671 are one page, which stays as it is between them. */
function messagesUrl([first, peer, ...more]: UrlSegment[]): UrlMatchResult | null {
  if (first?.path !== 'messages' || more.length > 0) return null;
  return peer ? { consumed: [first, peer], posParams: { peer } } : { consumed: [first] };
}

async function dressed(page: Promise<Type<unknown>>, styles: string): Promise<Type<unknown>> {
  await addStylesheet(styles);
  return page;
}
