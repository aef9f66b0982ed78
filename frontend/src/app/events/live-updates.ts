import { Injectable, inject } from '@angular/core';
import {
  EMPTY,
  Observable,
  combineLatest,
  distinctUntilChanged,
  fromEvent,
  map,
  startWith,
  switchMap,
} from 'rxjs';
import { RANDOM, backoff, retryAfterDelay } from '../api/backoff';
import { IS_REACHABLE } from '../api/loopback';
import { PageActivity } from '../api/page-activity';
import { Problem, toProblem } from '../api/problem';
import { SessionStore } from '../session/session-store';
import { EventsClient } from './events-client';

/** The API sends something at least every fifteen seconds. After this long without anything, the stream is dead. */
export const SILENCE_MS = 40_000;
/** A stream that ends sooner has failed: whatever ends it would end the next one, too. */
export const SHORT_LIFE_MS = 10_000;
/** After this many failures in a row, streams seem to be impossible here, and are tried rarely. */
export const MOST_FAILURES = 6;
export const RARE_MS = 300_000;
/** Even if the page or the network comes back more often. */
export const SHORTEST_RECONNECT_MS = 1_000;
const DEFAULT_RETRY_MS = 3_000;

/**
 * Tells when something has changed at the API, as its event stream says. The poll goes on without it, so that nothing
 * depends on a stream: not every proxy passes one on.
 *
 * A page that is not in use has no stream: browsers open few connections to one host, and there may be many tabs.
 */
@Injectable()
export class LiveUpdates {
  readonly #client = inject(EventsClient);
  readonly #activity = inject(PageActivity);
  readonly #random = inject(RANDOM);
  readonly #isReachable = inject(IS_REACHABLE);
  readonly #sessionStatus = inject(SessionStore).statusChanges;

  #lastEventId = '';
  #failures = 0;
  #retryMs = DEFAULT_RETRY_MS;
  /** No sooner, even if the page or the network comes back. */
  #notBefore = 0;

  /** Emits when something has changed, or may have. Follows the events as long as it is subscribed to, once. */
  changes(): Observable<void> {
    const inUse = this.#activity.changes.pipe(
      startWith(undefined),
      map(() => this.#activity.isActive()),
    );
    const isActive = combineLatest([inUse, this.#sessionStatus]).pipe(
      // While the session cannot be renewed, nothing is asked for: the session retries on its own.
      map(([isInUse, status]) => isInUse && status === 'signed-in'),
      distinctUntilChanged(),
    );
    return isActive.pipe(switchMap((active) => (active ? this.#follow() : EMPTY)));
  }

  #follow(): Observable<void> {
    return new Observable((subscriber) => {
      const left = new AbortController();
      void this.#reconnect(() => {
        subscriber.next();
      }, left.signal);
      return () => {
        left.abort();
      };
    });
  }

  async #reconnect(changed: () => void, left: AbortSignal): Promise<void> {
    for (let waitMs = 0; ; waitMs = await this.#readStream(changed, left)) {
      await this.#wait(waitMs, left);
      if (left.aborted) return;
    }
  }

  /** Reads one stream to its end. Returns how long to wait for the next one. */
  async #readStream(changed: () => void, left: AbortSignal): Promise<number> {
    this.#notBefore = performance.now() + SHORTEST_RECONNECT_MS;
    const attempt = new AbortController();
    const abort = (): void => {
      attempt.abort();
    };
    const seen: { beganAt?: number; otherNetwork?: boolean } = {};
    left.addEventListener('abort', abort);
    // The connection through the old network is dead, which this end may not notice.
    const network = fromEvent(window, 'online').subscribe(() => {
      seen.otherNetwork = true;
      abort();
    });
    let silence = setTimeout(abort, SILENCE_MS);
    let error: unknown;
    try {
      await this.#client.read(
        this.#lastEventId,
        {
          onBytes: () => {
            seen.beganAt ??= performance.now();
            clearTimeout(silence);
            silence = setTimeout(abort, SILENCE_MS);
          },
          onEvent: (id) => {
            this.#lastEventId = id;
            changed();
          },
          onRetry: (ms) => {
            this.#retryMs = ms;
          },
        },
        attempt.signal,
      );
    } catch (reason) {
      error = reason;
    } finally {
      // Also where the stream has been given up for what came: else its connection would stay open.
      abort();
      clearTimeout(silence);
      network.unsubscribe();
      left.removeEventListener('abort', abort);
    }
    if (left.aborted || seen.otherNetwork) return 0;
    const livedMs = seen.beganAt === undefined ? 0 : performance.now() - seen.beganAt;
    return this.#waitAfter(livedMs, toProblem(error));
  }

  #waitAfter(livedMs: number, problem: Problem): number {
    if (livedMs >= SHORT_LIFE_MS) {
      this.#failures = 0;
      return this.#retryMs;
    }
    this.#failures += 1;
    const asked = retryAfterDelay(problem, this.#random);
    this.#notBefore = performance.now() + Math.max(asked, SHORTEST_RECONNECT_MS);
    return this.#failures > MOST_FAILURES
      ? RARE_MS * (1 + this.#random() / 4)
      : backoff(this.#failures, this.#random);
  }

  /** Waits, or until the network is back. What has failed is not tried again while the API needs a network that is gone. */
  #wait(ms: number, left: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const until = (time: number) => setTimeout(due, Math.max(0, time - performance.now()));
      const network = fromEvent(window, 'online').subscribe(() => {
        clearTimeout(timer);
        timer = until(this.#notBefore);
      });
      const due = (): void => {
        if (this.#failures === 0 || this.#isReachable()) done();
      };
      const done = (): void => {
        clearTimeout(timer);
        network.unsubscribe();
        left.removeEventListener('abort', done);
        resolve();
      };
      let timer = until(Math.max(this.#notBefore, performance.now() + ms));
      left.addEventListener('abort', done);
    });
  }
}
