import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { Observable } from 'rxjs';
import { API_BASE_URL } from '../../api/base-url';
import { RecoveryCodes, SecondFactor, SecondFactorSetUp } from '../../api/models';
import { REQUEST_TIMEOUT_MS } from '../../api/request-timeout';

const timeout = REQUEST_TIMEOUT_MS;

@Injectable()
export class SecondFactorClient {
  readonly #http = inject(HttpClient);
  readonly #url = `${inject(API_BASE_URL)}/users/second_factor`;

  get(): Observable<SecondFactor> {
    return this.#http.get<SecondFactor>(this.#url, { timeout });
  }

  beginSetUp(password: string): Observable<SecondFactorSetUp> {
    return this.#http.post<SecondFactorSetUp>(this.#url, { user: { password } }, { timeout });
  }

  turnOn(code: string): Observable<RecoveryCodes> {
    return this.#http.put<RecoveryCodes>(this.#url, { user: { code } }, { timeout });
  }

  replaceRecoveryCodes(password: string): Observable<RecoveryCodes> {
    const url = `${this.#url}/recovery_codes`;
    return this.#http.post<RecoveryCodes>(url, { user: { password } }, { timeout });
  }

  turnOff(password: string): Observable<unknown> {
    return this.#http.delete(this.#url, { body: { user: { password } }, timeout });
  }
}
