import { HttpClient, HttpContext, HttpContextToken, HttpParams } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { Observable, map } from 'rxjs';
import { API_BASE_URL } from '../api/base-url';
import { Credentials, NewUser, SignUpMode, SignedInUser, Tokens } from '../api/models';

/** Calls that prove who somebody is by themselves, and so go without an access token. */
export const ANONYMOUS = new HttpContextToken(() => false);

const ANSWER_WITHIN_MS = 15_000;

@Injectable({ providedIn: 'root' })
export class SessionClient {
  readonly #http = inject(HttpClient);
  readonly #users = `${inject(API_BASE_URL)}/users`;

  signUpMode(): Observable<SignUpMode> {
    return this.#http
      .get<{ mode: SignUpMode }>(`${this.#users}/sign_up`, anonymously())
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

  signOut(refreshToken: string): Observable<unknown> {
    return this.#http.delete(`${this.#users}/sign_out`, {
      ...anonymously(),
      headers: { Authorization: `Bearer ${refreshToken}` },
      // Who signs out often closes the page next.
      keepalive: true,
    });
  }

  #post<T>(url: string, body: unknown): Observable<T> {
    return this.#http.post<T>(url, body, anonymously());
  }
}

function anonymously(): { context: HttpContext; timeout: number } {
  return { context: new HttpContext().set(ANONYMOUS, true), timeout: ANSWER_WITHIN_MS };
}
