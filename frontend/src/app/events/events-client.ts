import { HttpErrorResponse, HttpHeaders } from '@angular/common/http';
import { Injectable, InjectionToken, inject } from '@angular/core';
import { API_BASE_URL } from '../api/base-url';
import { SessionStore } from '../session/session-store';

export const FETCH = new InjectionToken<typeof fetch>('fetch', {
  factory: () => fetch.bind(globalThis),
});

const MEDIA_TYPE = 'text/event-stream';
const LONGEST_EVENT = 10_000;

export interface StreamHandlers {
  /** Something has come, if only a comment. */
  onBytes(): void;
  onEvent(id: string): void;
  /** The API asks to wait this long before the next stream. */
  onRetry(ms: number): void;
}

/** Reads the API's event stream. `EventSource` cannot send a token, other than in the address. */
@Injectable()
export class EventsClient {
  readonly #fetch = inject(FETCH);
  readonly #url = `${inject(API_BASE_URL)}/api/events`;
  readonly #session = inject(SessionStore);

  /**
   * Reads what has come after the event with this id, until the API ends the stream. Rejects if there is no stream, or if
   * it breaks off.
   */
  async read(lastEventId: string, handlers: StreamHandlers, signal: AbortSignal): Promise<void> {
    // With the first stream, because the first page needs none.
    const { createParser } = await import('eventsource-parser');
    const reader = await this.#open(lastEventId, signal);
    const decoder = new TextDecoder();
    const parser = createParser({
      maxBufferSize: LONGEST_EVENT,
      onEvent: ({ id = '' }) => {
        handlers.onEvent(id);
      },
      onRetry: (ms) => {
        handlers.onRetry(ms);
      },
    });
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      handlers.onBytes();
      parser.feed(decoder.decode(value, { stream: true }));
    }
  }

  async #open(
    lastEventId: string,
    signal: AbortSignal,
  ): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const token = await this.#session.accessToken();
    let response = await this.#get(token, lastEventId, signal);
    if (response.status === 401) {
      const renewed = await this.#session.accessTokenInsteadOf(token);
      response = await this.#get(renewed, lastEventId, signal);
    }
    const isStream = response.headers.get('Content-Type')?.startsWith(MEDIA_TYPE) ?? false;
    if (response.ok && isStream && response.body) return response.body.getReader();
    await response.body?.cancel();
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- HttpClient throws it, too, so that callers know it.
    throw new HttpErrorResponse({
      status: response.status,
      headers: new HttpHeaders(response.headers),
    });
  }

  #get(token: string, lastEventId: string, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {
      Accept: MEDIA_TYPE,
      Authorization: `Bearer ${token}`,
    };
    if (lastEventId !== '') headers['Last-Event-ID'] = lastEventId;
    return this.#fetch(this.#url, {
      headers,
      signal,
      cache: 'no-store',
      credentials: 'omit',
      // The token is for this address alone.
      redirect: 'error',
    });
  }
}
