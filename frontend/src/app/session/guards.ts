import { inject } from '@angular/core';
import { CanMatchFn, Router, UrlSegment } from '@angular/router';
import { returnUrl, signInUrl } from './return-url';
import { SessionStore } from './session-store';

// `canMatch`, so that the script of a page is not loaded for a user who is sent elsewhere.
//
// A user with a stored session is let in while it is being renewed, so that a reload shows at once what can be shown. If
// the session turns out to have ended, the root component navigates to the sign-in page.

export const authGuard: CanMatchFn = (_, segments) => {
  const router = inject(Router);
  return inject(SessionStore).user() !== undefined || signInUrl(router, urlOf(router, segments));
};

/** Without a way to sign in: for what everybody may see. */
export const signedInGuard: CanMatchFn = () => inject(SessionStore).user() !== undefined;

export const guestGuard: CanMatchFn = (_, segments) => {
  const router = inject(Router);
  return inject(SessionStore).user() === undefined || returnUrl(router, urlOf(router, segments));
};

/** The URL that is being matched, which is not the requested one after a redirect. */
function urlOf(router: Router, segments: UrlSegment[]): string {
  const requested = router.currentNavigation()?.extractedUrl;
  const path = segments.map((segment) => segment.path);
  return router.serializeUrl(
    router.createUrlTree(['/', ...path], {
      queryParams: requested?.queryParams ?? null,
      ...(requested?.fragment != null && { fragment: requested.fragment }),
    }),
  );
}
