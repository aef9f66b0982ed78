import { HttpClient, HttpErrorResponse, HttpResponse } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import {
  EMPTY,
  Observable,
  catchError,
  defer,
  expand,
  map,
  of,
  reduce,
  tap,
  throwError,
} from 'rxjs';
import { API_BASE_URL } from '../api/base-url';
import {
  Conversation,
  DeletedPart,
  Message,
  MessageDetail,
  NewMessage,
  Sending,
  Unread,
} from '../api/models';
import { Problem } from '../api/problem';
import { Page, nextOf } from '../api/page';
import { EXPORT_TIMEOUT_MS, MEDIA_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from '../api/request-timeout';

/** The messages that have changed since the pages were read that are known. */
export interface Changes {
  readonly messages: readonly Message[];
  /** How many messages the user has in all. */
  readonly total: number;
  /** False if there are too many others, or nobody knows which: then all that is known is to be read again. */
  readonly isComplete: boolean;
  /** Whether the database was restored from a backup: what is known from before it does not count. */
  readonly isRestored: boolean;
  /** Whether a message that no known page has is a new one. */
  readonly hasOnlyChanges: boolean;
}

export type Unchanged = 'unchanged';

/** The id of the message before, after or around which a page lies, or the time. */
export type Position = Readonly<
  Partial<Record<'before' | 'after' | 'around' | 'around_time', string>>
>;

/** Parameters of the API; one with several values is given several times. */
export type Filters = Readonly<Record<string, string | readonly string[]>>;

type Parameters = Readonly<Record<string, string | number | readonly string[]>>;

/** Longer: after a timeout it is unknown whether the API has the message, and the request must be repeated. */
const SEND_TIMEOUT_MS = 60_000;
const MAX_PAGE = 200;
/** After a long absence, loading anew what is shown costs less than reading all that has changed. */
const MAX_PAGES_OF_CHANGES = 5;
const NOTHING_UNREAD: Unread = { total: 0, conversations: [], archived: [], muted: [] };
/** That of a page which states none: all that has ever changed has a higher one. */
const UNKNOWN_REVISION = 0;

@Injectable()
export class MessagesClient {
  readonly #http = inject(HttpClient);
  readonly #api = `${inject(API_BASE_URL)}/api`;
  readonly #messages = `${this.#api}/messages`;
  readonly #conversations = `${this.#api}/conversations`;
  /** All pages that were read have the changes up to this revision: one that comes late may lower it. */
  #revision: number | undefined;
  #lastChanges: { readonly since: number; readonly etag: string } | undefined;
  #trustsEtag = true;
  #unreadEtag: string | undefined;
  #trustsUnreadEtag = true;
  #isUnreadDue = true;

  /** Newest first; with `before`, those whose last message is older than this one. Archived ones, or all others. */
  conversations(before?: string, archived = false): Observable<Page<Conversation>> {
    const params: Parameters = archived ? { limit: 50, archived: 'true' } : { limit: 50 };
    return this.#page<Conversation>(this.#conversations, from(params, before));
  }

  conversation(peer: string): Observable<Conversation> {
    return this.#http.get<Conversation>(this.#conversation(peer), { timeout: REQUEST_TIMEOUT_MS });
  }

  /** Up to which all that has changed is known. */
  get revision(): number {
    return this.#revision ?? UNKNOWN_REVISION;
  }

  /** A part of a conversation: its newest messages, or those before one. None that has come in since the revision. */
  deleteConversation(peer: string, revision: number, before?: string): Observable<DeletedPart> {
    return this.#http.delete<DeletedPart>(this.#conversation(peer), {
      params: from({ revision }, before),
      timeout: REQUEST_TIMEOUT_MS,
    });
  }

  /** A page of one conversation: its newest messages, or those before, after or around a message, or around a time. */
  with(peer: string, limit: number, position: Position = {}): Observable<Page<Message>> {
    return this.#page<Message>(this.#messages, { peer_number: peer, limit, ...position });
  }

  /** A page of all messages that match the API's own filters. */
  log(filters: Filters, limit: number, before?: string): Observable<Page<Message>> {
    return this.#page<Message>(this.#messages, from({ ...filters, limit }, before));
  }

  /** All messages that match, as a file. */
  exportCsv(filters: Filters): Observable<Blob> {
    return this.#http.get(`${this.#messages}/export.csv`, {
      params: filters,
      responseType: 'blob',
      timeout: EXPORT_TIMEOUT_MS,
    });
  }

  search(query: string, before?: string): Observable<Page<Message>> {
    return this.#page<Message>(this.#messages, from({ search: query, limit: 30 }, before));
  }

  /**
   * The messages that have changed since the pages were read, up to a thousand; 'unchanged' if the response would be the
   * same as the last one. It counts on the answers of this client's other methods, and goes by no clock.
   */
  changes(): Observable<Changes | Unchanged> {
    return defer(() => this.#changesSince(this.revision)).pipe(
      tap((changes) => {
        if (changes !== 'unchanged') this.#isUnreadDue = true;
      }),
    );
  }

  /**
   * All that is unread; 'unchanged' if that is the same as the last time. The `changes` that are asked for afterwards have
   * all messages that it counts.
   */
  unread(): Observable<Unread | Unchanged> {
    return defer(() => {
      const etag = this.#trustsUnreadEtag ? this.#unreadEtag : undefined;
      this.#trustsUnreadEtag = true;
      this.#isUnreadDue = false;
      const headers: Record<string, string> = etag === undefined ? {} : { 'If-None-Match': etag };
      const url = `${this.#conversations}/unread`;
      const options = { headers, observe: 'response', timeout: REQUEST_TIMEOUT_MS } as const;
      return this.#http.get<Unread>(url, options).pipe(
        map((response) => {
          this.#unreadEtag = response.headers.get('ETag') ?? undefined;
          // Another process of the API may not know of that for a second.
          this.#trustsEtag = false;
          return response.body ?? NOTHING_UNREAD;
        }),
        catchError((error: unknown) => {
          if (error instanceof HttpErrorResponse && error.status === 304) {
            return of<Unchanged>('unchanged');
          }
          this.#isUnreadDue = true;
          return throwError(() => error);
        }),
      );
    });
  }

  /** Whether `unread` may have another answer than the last time: something has changed. */
  get isUnreadDue(): boolean {
    return this.#isUnreadDue;
  }

  /** What has come in beyond this number of arrivals stays unread. */
  markRead(peer: string, inbound: number): Observable<null> {
    return this.#mark(peer, 'read', { inbound });
  }

  markUnread(peer: string): Observable<null> {
    return this.#mark(peer, 'unread', null);
  }

  /** Archives a conversation that has this number of arrivals, and none that has more. */
  archive(peer: string, inbound: number): Observable<null> {
    return this.#mark(peer, 'archived', { inbound });
  }

  unarchive(peer: string): Observable<null> {
    return this.#mark(peer, 'archived', null, 'DELETE');
  }

  /** Or unmutes it. */
  mute(peer: string, isMuted: boolean): Observable<null> {
    return this.#mark(peer, 'muted', null, isMuted ? 'PUT' : 'DELETE');
  }

  /**
   * Makes the next `unread` and `changes` read what they ask for. Of a change that one process of the API has told of, another may not know
   * for a second, and would answer that nothing has changed.
   */
  distrustEtag(): void {
    this.#trustsEtag = false;
    this.#trustsUnreadEtag = false;
    this.#isUnreadDue = true;
  }

  detail(id: string): Observable<MessageDetail> {
    return this.#http.get<MessageDetail>(`${this.#messages}/${encodeURIComponent(id)}`, {
      timeout: REQUEST_TIMEOUT_MS,
    });
  }

  /** What is in a message beside its text, such as a picture. The browser keeps it, and asks each time whether it may use it. */
  media(id: string, index: number): Observable<Blob> {
    return this.#http.get(`${this.#messages}/${encodeURIComponent(id)}/media/${index}`, {
      responseType: 'blob',
      timeout: MEDIA_TIMEOUT_MS,
    });
  }

  /** Whether messages are being sent at the moment. */
  sending(): Observable<Sending> {
    return this.#http.get<Sending>(`${this.#api}/sending`, { timeout: REQUEST_TIMEOUT_MS });
  }

  send(message: NewMessage, idempotencyKey: string): Observable<Message> {
    const request = { headers: { 'Idempotency-Key': idempotencyKey }, timeout: SEND_TIMEOUT_MS };
    return this.#http.post<unknown>(this.#messages, { message }, request).pipe(map(toMessage));
  }

  cancel(id: string): Observable<Message> {
    return this.#http
      .post<unknown>(`${this.#messages}/${id}/cancel`, null, { timeout: REQUEST_TIMEOUT_MS })
      .pipe(map(toMessage));
  }

  /** For this user: nothing is deleted at the provider. */
  delete(id: string): Observable<null> {
    return this.#http.delete<null>(`${this.#messages}/${id}`, { timeout: REQUEST_TIMEOUT_MS });
  }

  /** Sends the text again as a new message. Repeating the call returns that same message. */
  retry(id: string, acceptPossibleDuplicate: boolean): Observable<Message> {
    const params: Record<string, boolean> = acceptPossibleDuplicate
      ? { accept_possible_duplicate: true }
      : {};
    return this.#http
      .post<unknown>(`${this.#messages}/${id}/retry`, null, { params, timeout: SEND_TIMEOUT_MS })
      .pipe(map(toMessage));
  }

  #conversation(peer: string): string {
    return `${this.#conversations}/${encodeURIComponent(peer)}`;
  }

  #mark(
    peer: string,
    as: 'read' | 'unread' | 'archived' | 'muted',
    body: unknown,
    method: 'PUT' | 'DELETE' = 'PUT',
  ): Observable<null> {
    const url = `${this.#conversation(peer)}/${as}`;
    return this.#http.request<null>(method, url, { body, timeout: REQUEST_TIMEOUT_MS }).pipe(
      tap(() => {
        this.distrustEtag();
      }),
    );
  }

  #changesSince(since: number): Observable<Changes | Unchanged> {
    const url = `${this.#messages}/changes`;
    const first = { since, limit: MAX_PAGE };
    const isRepeated = this.#trustsEtag && this.#lastChanges?.since === since;
    const etag = isRepeated ? this.#lastChanges?.etag : undefined;
    this.#trustsEtag = true;
    this.#lastChanges = undefined;
    return this.#rows<Message>(url, first, etag).pipe(
      expand((response, index) => {
        const { next } = toPage(response);
        return next !== undefined && index + 1 < MAX_PAGES_OF_CHANGES
          ? this.#rows<Message>(url, { ...first, position: next })
          : EMPTY;
      }),
      reduce<HttpResponse<Message[]>, HttpResponse<Message[]>[]>((all, one) => [...all, one], []),
      map((responses) => {
        const pages = responses.map(toPage);
        const messages = pages.flatMap(({ rows }) => rows);
        // That of the first page: later ones lack what changed between them.
        const revision = (responses[0] && revisionOf(responses[0])) ?? since;
        const fresh = responses[0]?.headers.get('ETag');
        // While nothing changes for the user, the same question has the same answer.
        if (messages.length === 0 && fresh) this.#lastChanges = { since, etag: fresh };
        const reached = messages.length > 0 ? revision : Math.min(revision, since);
        const before = this.#revision;
        this.#revision = before === since ? reached : Math.min(reached, before ?? reached);
        return {
          messages,
          total: pages[0]?.total ?? 0,
          isComplete: !pages.at(-1)?.hasMore && revision >= since,
          // Revisions go back for no other reason.
          isRestored: revision < since,
          hasOnlyChanges: since > UNKNOWN_REVISION,
        };
      }),
      catchError((error: unknown) => {
        if (error instanceof HttpErrorResponse && error.status === 304 && etag) {
          this.#lastChanges = { since, etag };
          return of<Unchanged>('unchanged');
        }
        return throwError(() => error);
      }),
    );
  }

  #page<Row>(url: string, params: Parameters): Observable<Page<Row>> {
    return this.#rows<Row>(url, params).pipe(
      tap((response) => {
        const before = this.#revision;
        const revision = revisionOf(response) ?? before ?? UNKNOWN_REVISION;
        this.#revision = Math.min(revision, before ?? revision);
      }),
      map(toPage),
    );
  }

  #rows<Row>(url: string, params: Parameters, etag?: string): Observable<HttpResponse<Row[]>> {
    const headers: Record<string, string> = etag === undefined ? {} : { 'If-None-Match': etag };
    return this.#http.get<Row[]>(url, {
      params,
      headers,
      observe: 'response',
      timeout: REQUEST_TIMEOUT_MS,
    });
  }
}

function from(params: Parameters, before: string | undefined): Parameters {
  return before === undefined ? params : { ...params, before };
}

/** Undefined if something on the way leaves the header out. */
function revisionOf({ headers }: HttpResponse<unknown>): number | undefined {
  const revision = headers.get('X-Revision');
  return revision === null ? undefined : Number(revision);
}

function toPage<Row>({ body, headers }: HttpResponse<Row[]>): Page<Row> {
  const rows = body ?? [];
  const links = headers.get('Link') ?? '';
  return {
    rows,
    total: Number(headers.get('X-Total-Count') ?? rows.length),
    hasMore: /\brel="?next"?/.test(links),
    next: nextOf(headers),
    hasNewer: /\brel="?prev"?/.test(links),
  };
}

const NOT_SENT_CODES = [
  'carrier_refused',
  'recipient_opted_out',
  'message_expired',
  'message_canceled',
];

/** Fails where something on the way has answered in place of the API: then nobody knows what that has done. */
function toMessage(answer: unknown): Message {
  if (typeof answer === 'object' && answer !== null && '_id' in answer) return answer as Message;
  throw new TypeError('The answer is not of the API.');
}

/** The message in the API's problem, if it has stored the message and will not send it; undefined for other problems. */
export function storedMessageOf({ code, members }: Problem): Message | undefined {
  return NOT_SENT_CODES.includes(code) ? (members['message'] as Message) : undefined;
}
