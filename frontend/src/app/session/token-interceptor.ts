import {
  HttpErrorResponse,
  HttpEvent,
  HttpHandlerFn,
  HttpInterceptorFn,
  HttpRequest,
} from '@angular/common/http';
import { DOCUMENT, inject } from '@angular/core';
import { Observable, catchError, from, switchMap, throwError } from 'rxjs';
import { API_BASE_URL, isApiUrl } from '../api/base-url';
import { SKIP_AUTH } from './session-client';
import { SessionStore } from './session-store';

/** Adds the access token to each request to the API, and to no other; after a 401, retries once with a new token. */
export const tokenInterceptor: HttpInterceptorFn = (request, next) => {
  const page = inject(DOCUMENT).baseURI;
  if (request.context.get(SKIP_AUTH) || !isApiUrl(request.url, inject(API_BASE_URL), page)) {
    return next(request);
  }
  const session = inject(SessionStore);
  return from(session.accessToken()).pipe(
    switchMap((token) =>
      sendWith(token, request, next).pipe(
        catchError((error: unknown) =>
          error instanceof HttpErrorResponse && error.status === 401
            ? from(session.accessTokenInsteadOf(token)).pipe(
                switchMap((renewed) => sendWith(renewed, request, next)),
              )
            : throwError(() => error),
        ),
      ),
    ),
  );
};

function sendWith(
  token: string,
  request: HttpRequest<unknown>,
  next: HttpHandlerFn,
): Observable<HttpEvent<unknown>> {
  return next(request.clone({ setHeaders: { Authorization: `Bearer ${token}` } }));
}
