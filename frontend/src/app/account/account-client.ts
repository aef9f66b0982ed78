import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { Observable, timeout } from 'rxjs';
import { API_BASE_URL } from '../api/base-url';
import { PasswordChange, Session } from '../api/models';

const ANSWER_WITHIN_MS = 15_000;
/** There may be very many messages to erase. */
const DELETED_WITHIN_MS = 60_000;

@Injectable()
export class AccountClient {
  readonly #http = inject(HttpClient);
  readonly #users = `${inject(API_BASE_URL)}/users`;

  sessions(): Observable<Session[]> {
    return this.#http.get<Session[]>(`${this.#users}/sessions`).pipe(timeout(ANSWER_WITHIN_MS));
  }

  endSession(id: string): Observable<unknown> {
    return this.#http.delete(`${this.#users}/sessions/${id}`).pipe(timeout(ANSWER_WITHIN_MS));
  }

  endAllSessions(): Observable<unknown> {
    return this.#http.delete(`${this.#users}/sessions`).pipe(timeout(ANSWER_WITHIN_MS));
  }

  changePassword(user: PasswordChange): Observable<unknown> {
    return this.#http.put(`${this.#users}/password`, { user }).pipe(timeout(ANSWER_WITHIN_MS));
  }

  deleteAccount(password: string): Observable<unknown> {
    return this.#http
      .delete(this.#users, { body: { user: { password } } })
      .pipe(timeout(DELETED_WITHIN_MS));
  }
}
