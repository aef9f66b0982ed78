import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { Observable } from 'rxjs';
import { API_BASE_URL } from '../../api/base-url';
import { OptOut } from '../../api/models';
import { REQUEST_TIMEOUT_MS } from '../../api/request-timeout';

@Injectable()
export class OptOutsClient {
  readonly #http = inject(HttpClient);
  readonly #optOuts = `${inject(API_BASE_URL)}/api/opt_outs`;

  /** What is known of those of them about whom anything was ever recorded; at most 100. */
  readAll(number: readonly string[]): Observable<readonly OptOut[]> {
    return this.#http.get<OptOut[]>(this.#optOuts, {
      params: { number },
      timeout: REQUEST_TIMEOUT_MS,
    });
  }

  read(number: string): Observable<OptOut> {
    return this.#http.get<OptOut>(this.#urlOf(number), { timeout: REQUEST_TIMEOUT_MS });
  }

  set(number: string, optedOut: boolean, reason: string): Observable<OptOut> {
    const body = { opt_out: { opted_out: optedOut, reason } };
    return this.#http.put<OptOut>(this.#urlOf(number), body, { timeout: REQUEST_TIMEOUT_MS });
  }

  #urlOf(number: string): string {
    return `${this.#optOuts}/${encodeURIComponent(number)}`;
  }
}
