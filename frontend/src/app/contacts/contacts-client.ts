import { HttpClient, HttpErrorResponse, HttpResponse } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { Observable, catchError, defer, expand, EMPTY, map, of, scan, throwError } from 'rxjs';
import { API_BASE_URL } from '../api/base-url';
import { Contact } from '../api/models';
import { nextOf } from '../api/page';
import { REQUEST_TIMEOUT_MS } from '../api/request-timeout';

/** The contacts that have changed since the last answer; at first, all. */
export interface ContactChanges {
  readonly contacts: readonly Contact[];
  /** Whether these are all contacts: others that are known do not exist any more. */
  readonly areAll: boolean;
}

export type Unchanged = 'unchanged';

const MAX_PAGE = 500;
const NO_REVISION = 0;
/** The API tells of a deleted contact for a day. */
const FORGETS_AFTER_MS = 12 * 3600 * 1000;

@Injectable()
export class ContactsClient {
  readonly #http = inject(HttpClient);
  readonly #changes = `${inject(API_BASE_URL)}/api/contacts/changes`;
  #revision = NO_REVISION;
  #etag = '';
  #answeredAt = 0;

  /**
   * 'unchanged' if nothing has changed since the last answer. Of several pages, each is told of as it comes, and at the end
   * all of them at once; unless it comes to that, the next call begins again.
   */
  changes(): Observable<ContactChanges | Unchanged> {
    return defer(() => {
      if (Date.now() - this.#answeredAt > FORGETS_AFTER_MS) this.#begin();
      return this.#changesSince(this.#revision);
    });
  }

  #changesSince(since: number): Observable<ContactChanges | Unchanged> {
    return this.#page({ since, limit: MAX_PAGE }, this.#etag).pipe(
      expand((response) => {
        const position = nextOf(response.headers);
        return position === undefined ? EMPTY : this.#page({ since, limit: MAX_PAGE, position });
      }),
      scan<HttpResponse<Contact[]>, HttpResponse<Contact[]>[]>((all, one) => [...all, one], []),
      map((responses) => {
        const last = responses.at(-1);
        return last && nextOf(last.headers)
          ? { contacts: last.body ?? [], areAll: false }
          : this.#complete(since, responses);
      }),
      catchError((error: unknown) => {
        if (!(error instanceof HttpErrorResponse) || error.status !== 304)
          return throwError(() => error);
        this.#answeredAt = Date.now();
        return of<Unchanged>('unchanged');
      }),
    );
  }

  #complete(
    since: number,
    responses: readonly HttpResponse<Contact[]>[],
  ): ContactChanges | Unchanged {
    this.#answeredAt = Date.now();
    const contacts = responses.flatMap(({ body }) => body ?? []);
    const [first] = responses;
    const revision = Number(first?.headers.get('X-Revision') ?? NO_REVISION);
    // The database was restored from a backup.
    if (revision < since) return this.#begin();
    // While nothing changes, it asks the same again, which an ETag can answer.
    const isSame = contacts.length === 0;
    this.#etag = isSame ? (first?.headers.get('ETag') ?? '') : '';
    if (!isSame) this.#revision = revision;
    return { contacts, areAll: since === NO_REVISION };
  }

  /** The next answer has all contacts. */
  #begin(): Unchanged {
    this.#revision = NO_REVISION;
    this.#etag = '';
    return 'unchanged';
  }

  #page(params: Record<string, string | number>, etag = ''): Observable<HttpResponse<Contact[]>> {
    const headers: Record<string, string> = etag ? { 'If-None-Match': etag } : {};
    return this.#http.get<Contact[]>(this.#changes, {
      params,
      headers,
      observe: 'response',
      timeout: REQUEST_TIMEOUT_MS,
    });
  }
}
