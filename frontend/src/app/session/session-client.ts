import { HttpClient, HttpContext, HttpContextToken, HttpParams } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { Observable, map } from 'rxjs';
import { API_BASE_URL } from '../api/base-url';
import {
  Credentials,
  NewUser,
  PasswordChange,
  PasswordReset,
  PasswordResetPolicy,
  SignUpMode,
  SignedInUser,
  Tokens,
} from '../api/models';
import { REQUEST_TIMEOUT_MS } from '../api/request-timeout';

/** Marks requests that carry their own credentials and so no access token. */
export const SKIP_AUTH = new HttpContextToken(() => false);

/** Longer, because there may be very many messages to delete. */
const DELETE_TIMEOUT_MS = 60_000;

@Injectable({ providedIn: 'root' })
export class SessionClient {
  readonly #http = inject(HttpClient);
  readonly #users = `${inject(API_BASE_URL)}/users`;

  signUpMode(): Observable<SignUpMode> {
    return this.#http
      .get<{ mode: SignUpMode }>(`${this.#users}/sign_up`, withoutAuth())
      .pipe(map(({ mode }) => mode));
  }

  signUp(user: NewUser): Observable<SignedInUser> {
    return this.#post<SignedInUser>(this.#users, { user });
  }

  signIn(user: Credentials): Observable<SignedInUser> {
    return this.#post<SignedInUser>(`${this.#users}/sign_in`, { user });
  }

  refresh(refreshToken: string): Observable<Tokens> {
    return this.#post<Tokens>(
      `${this.#users}/token`,
      new HttpParams({
        fromObject: { grant_type: 'refresh_token', refresh_token: refreshToken },
      }),
    );
  }

  changePassword(user: PasswordChange, accessToken: string): Observable<Tokens> {
    return this.#http.put<Tokens>(`${this.#users}/password`, { user }, withToken(accessToken));
  }

  endAllSessions(accessToken: string): Observable<unknown> {
    return this.#http.delete(`${this.#users}/sessions`, withToken(accessToken));
  }

  deleteAccount(password: string, accessToken: string): Observable<unknown> {
    return this.#http.delete(this.#users, {
      ...withToken(accessToken),
      body: { user: { password } },
      timeout: DELETE_TIMEOUT_MS,
    });
  }

  passwordResetPolicy(): Observable<PasswordResetPolicy> {
    return this.#http.get<PasswordResetPolicy>(`${this.#users}/password_reset`, withoutAuth());
  }

  requestPasswordReset(email: string): Observable<unknown> {
    return this.#post(`${this.#users}/password_reset`, { user: { email } });
  }

  resetPassword(user: PasswordReset): Observable<unknown> {
    return this.#http.put(`${this.#users}/password_reset`, { user }, withoutAuth());
  }

  signOut(refreshToken: string): Observable<unknown> {
    return this.#http.delete(`${this.#users}/sign_out`, {
      ...withToken(refreshToken),
      // The page is often closed right after signing out.
      keepalive: true,
    });
  }

  #post<T>(url: string, body: unknown): Observable<T> {
    return this.#http.post<T>(url, body, withoutAuth());
  }
}

function withoutAuth(): { context: HttpContext; timeout: number } {
  return { context: new HttpContext().set(SKIP_AUTH, true), timeout: REQUEST_TIMEOUT_MS };
}

function withToken(
  token: string,
): ReturnType<typeof withoutAuth> & { headers: { Authorization: string } } {
  return { ...withoutAuth(), headers: { Authorization: `Bearer ${token}` } };
}
