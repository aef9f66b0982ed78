import { inject } from '@angular/core';
import { CanActivateFn, Router } from '@angular/router';
import { Observable, filter, map, take } from 'rxjs';
import { signInUrl, urlBehind } from './return-to';
import { SessionStore } from './session-store';

export const whenSignedIn: CanActivateFn = (_, { url }) => {
  const router = inject(Router);
  return signedOutOnceKnown().pipe(map((out) => (out ? signInUrl(router, url) : true)));
};

export const whenSignedOut: CanActivateFn = (_, { url }) => {
  const router = inject(Router);
  return signedOutOnceKnown().pipe(map((out) => (out ? true : urlBehind(router, url))));
};

/** Waits while the session loads, so that a reload never shows the sign-in page in passing. */
function signedOutOnceKnown(): Observable<boolean> {
  return inject(SessionStore).statusChanges.pipe(
    filter((status) => status !== 'loading'),
    map((status) => status === 'signed-out'),
    take(1),
  );
}
