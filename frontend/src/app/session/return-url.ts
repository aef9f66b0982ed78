import { Router, UrlTree } from '@angular/router';

const HOME = '/messages';

/** The sign-in page, which returns to this URL afterwards. */
export function signInUrl(router: Router, from = HOME): UrlTree {
  return router.createUrlTree(['/sign-in'], {
    queryParams: from === HOME ? {} : { returnTo: from },
  });
}

/** Where the sign-in or sign-up page at this URL returns to. */
export function returnUrl(router: Router, url: string): UrlTree {
  const from: unknown = router.parseUrl(url).queryParams['returnTo'];
  return router.parseUrl(typeof from === 'string' ? from : HOME);
}
