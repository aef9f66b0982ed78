import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { Observable } from 'rxjs';
import { API_BASE_URL } from '../api/base-url';
import { Session } from '../api/models';
import { EXPORT_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from '../api/request-timeout';

@Injectable()
export class AccountClient {
  readonly #http = inject(HttpClient);
  readonly #api = inject(API_BASE_URL);
  readonly #users = `${this.#api}/users`;

  sessions(): Observable<Session[]> {
    return this.#http.get<Session[]>(`${this.#users}/sessions`, { timeout: REQUEST_TIMEOUT_MS });
  }

  endSession(id: string): Observable<unknown> {
    return this.#http.delete(`${this.#users}/sessions/${id}`, { timeout: REQUEST_TIMEOUT_MS });
  }

  /** A JSON document. */
  exportAccount(): Observable<Blob> {
    return this.#http.get(`${this.#api}/api/export`, {
      responseType: 'blob',
      timeout: EXPORT_TIMEOUT_MS,
    });
  }
}
