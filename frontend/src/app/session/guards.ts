import { inject } from '@angular/core';
import { CanActivateFn, Router } from '@angular/router';
import { signInUrl, urlBehind } from './return-url';
import { SessionStore } from './session-store';

// Who has a session is let in while it is being renewed, so that a reload shows at once what can be shown. Should it
// turn out to be over, the shell leads to the way in.

export const whenSignedIn: CanActivateFn = (_, { url }) =>
  inject(SessionStore).user() !== undefined || signInUrl(inject(Router), url);

export const whenSignedOut: CanActivateFn = (_, { url }) =>
  inject(SessionStore).user() === undefined || urlBehind(inject(Router), url);
