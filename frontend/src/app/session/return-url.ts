import { Router, UrlTree } from '@angular/router';

const HOME = '/messages';

/** The way to sign in, which leads back to where one was. */
export function signInUrl(router: Router, from = HOME): UrlTree {
  return router.createUrlTree(['/sign-in'], {
    queryParams: from === HOME ? {} : { returnTo: from },
  });
}

/** Where the way in at this address leads to. */
export function urlBehind(router: Router, url: string): UrlTree {
  const from: unknown = router.parseUrl(url).queryParams['returnTo'];
  return router.parseUrl(typeof from === 'string' ? from : HOME);
}
