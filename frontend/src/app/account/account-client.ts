import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { Observable } from 'rxjs';
import { API_BASE_URL } from '../api/base-url';
import { PasswordChange, Session } from '../api/models';

const ANSWER_WITHIN_MS = 15_000;
/** There may be very many messages to erase. */
const DELETED_WITHIN_MS = 60_000;
/** Or to send. */
const EXPORTED_WITHIN_MS = 300_000;

@Injectable()
export class AccountClient {
  readonly #http = inject(HttpClient);
  readonly #api = inject(API_BASE_URL);
  readonly #users = `${this.#api}/users`;

  sessions(): Observable<Session[]> {
    return this.#http.get<Session[]>(`${this.#users}/sessions`, { timeout: ANSWER_WITHIN_MS });
  }

  endSession(id: string): Observable<unknown> {
    return this.#http.delete(`${this.#users}/sessions/${id}`, { timeout: ANSWER_WITHIN_MS });
  }

  endAllSessions(): Observable<unknown> {
    return this.#http.delete(`${this.#users}/sessions`, { timeout: ANSWER_WITHIN_MS });
  }

  changePassword(user: PasswordChange): Observable<unknown> {
    return this.#http.put(`${this.#users}/password`, { user }, { timeout: ANSWER_WITHIN_MS });
  }

  deleteAccount(password: string): Observable<unknown> {
    return this.#http.delete(this.#users, {
      body: { user: { password } },
      timeout: DELETED_WITHIN_MS,
    });
  }

  /** A JSON document. */
  exportAccount(): Observable<Blob> {
    return this.#http.get(`${this.#api}/api/export`, {
      responseType: 'blob',
      timeout: EXPORTED_WITHIN_MS,
    });
  }
}
