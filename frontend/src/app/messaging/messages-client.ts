import { HttpClient, HttpErrorResponse, HttpResponse } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { Observable, catchError, map, of, throwError, timeout } from 'rxjs';
import { API_BASE_URL } from '../api/base-url';
import { Message, NewMessage } from '../api/models';

/** Rows of the history, newest first. */
export interface HistoryPage {
  readonly messages: readonly Message[];
  readonly total: number;
  readonly hasEarlier: boolean;
}

export type Unchanged = 'unchanged';

const ANSWER_WITHIN_MS = 20_000;
/** The API waits for the carrier. */
const SENT_WITHIN_MS = 60_000;

@Injectable()
export class MessagesClient {
  readonly #http = inject(HttpClient);
  readonly #url = `${inject(API_BASE_URL)}/api/messages`;
  #latest: { readonly limit: number; readonly etag: string } | undefined;

  /** The newest messages, or that they are still those of the last call. */
  latest(limit: number): Observable<HistoryPage | Unchanged> {
    const etag = this.#latest?.limit === limit ? this.#latest.etag : undefined;
    return this.#page({ limit }, etag === undefined ? {} : { 'If-None-Match': etag }).pipe(
      map((response) => {
        const fresh = response.headers.get('ETag');
        this.#latest = fresh === null ? undefined : { limit, etag: fresh };
        return toPage(response);
      }),
      catchError((error: unknown) =>
        error instanceof HttpErrorResponse && error.status === 304
          ? of<Unchanged>('unchanged')
          : throwError(() => error),
      ),
    );
  }

  before(id: string, limit: number): Observable<HistoryPage> {
    return this.#page({ limit, before: id }, {}).pipe(map(toPage));
  }

  send(message: NewMessage, idempotencyKey: string): Observable<Message> {
    return this.#http
      .post<Message>(this.#url, { message }, { headers: { 'Idempotency-Key': idempotencyKey } })
      .pipe(timeout(SENT_WITHIN_MS));
  }

  #page(
    params: Record<string, string | number>,
    headers: Record<string, string>,
  ): Observable<HttpResponse<Message[]>> {
    return this.#http
      .get<Message[]>(this.#url, { params, headers, observe: 'response' })
      .pipe(timeout(ANSWER_WITHIN_MS));
  }
}

function toPage({ body, headers }: HttpResponse<Message[]>): HistoryPage {
  const messages = body ?? [];
  return {
    messages,
    total: Number(headers.get('X-Total-Count') ?? messages.length),
    hasEarlier: /\brel="?next"?/.test(headers.get('Link') ?? ''),
  };
}
