import { HttpErrorResponse } from '@angular/common/http';
import { DOCUMENT, DestroyRef, Injectable, computed, inject, signal } from '@angular/core';
import { Subscription, fromEvent, retry, throwError, timer } from 'rxjs';
import { RANDOM, retryDelay } from '../../api/backoff';
import { isTransient, toProblem } from '../../api/problem';
import { mediaTexts } from '../../i18n/media-texts';
import { MessagesClient } from '../../messages/messages-client';
import { saveFile } from '../../ui/save-file';

/** A medium of a message. */
export interface Place {
  readonly messageId: string;
  readonly index: number;
}

type State =
  | { readonly name: 'idle' | 'loading' }
  | { readonly name: 'loaded'; readonly blob: Blob; readonly url: string }
  | { readonly name: 'failed'; readonly problem: string; readonly mayPass: boolean };

const IDLE: State = { name: 'idle' };
/** Then the user decides. */
const MOST_RETRIES = 3;

/**
 * The content of one medium at a time. It is loaded as a request of the API, since no address could have the access token,
 * and is at an address of this page until another one is loaded, or the component is destroyed.
 */
@Injectable()
export class MediumContent {
  readonly #client = inject(MessagesClient);
  readonly #document = inject(DOCUMENT);
  readonly #random = inject(RANDOM);
  readonly #state = signal<State>(IDLE);
  #place: Place | undefined;
  #loading: Subscription | undefined;
  #fileName: string | undefined;

  readonly isLoading = computed(() => this.#state().name === 'loading');
  readonly url = computed(() => {
    const state = this.#state();
    return state.name === 'loaded' ? state.url : undefined;
  });
  readonly problem = computed(() => {
    const state = this.#state();
    return state.name === 'failed' ? state.problem : '';
  });
  /** Whether it makes sense to load it again. */
  readonly mayPass = computed(() => {
    const state = this.#state();
    return state.name === 'failed' && state.mayPass;
  });

  constructor() {
    const online = fromEvent(window, 'online').subscribe(() => {
      if (this.mayPass()) this.#load();
    });
    inject(DestroyRef).onDestroy(() => {
      online.unsubscribe();
      this.#set(IDLE);
    });
  }

  /** Loads it, unless it is there or on its way. */
  show(place: Place): void {
    const isSame = place.messageId === this.#place?.messageId && place.index === this.#place.index;
    if (isSame && this.#state().name !== 'idle') return;
    this.#place = place;
    this.#fileName = undefined;
    this.#load();
  }

  loadAgain(): void {
    this.#load();
  }

  /** Saves it as a file of this name, once it is loaded. */
  save(place: Place, fileName: string): void {
    this.show(place);
    this.#fileName = fileName;
    this.#saveIfLoaded();
    if (this.mayPass()) this.#load();
  }

  /** The browser cannot show what was loaded. */
  reject(): void {
    this.#set({ name: 'failed', problem: mediaTexts.broken, mayPass: true });
  }

  #load(): void {
    const place = this.#place;
    if (!place) return;
    this.#set({ name: 'loading' });
    this.#loading = this.#client
      .media(place.messageId, place.index)
      .pipe(
        retry({
          count: MOST_RETRIES,
          delay: (error: unknown, failures) => {
            const problem = toProblem(error);
            return problem.status > 0 && isTransient(problem)
              ? timer(retryDelay(failures, problem, this.#random))
              : throwError(() => error);
          },
        }),
      )
      .subscribe({
        next: (blob) => {
          this.#set({ name: 'loaded', blob, url: URL.createObjectURL(blob) });
          this.#saveIfLoaded();
        },
        error: (error: unknown) => {
          this.#set(failureOf(error));
        },
      });
  }

  #saveIfLoaded(): void {
    const state = this.#state();
    if (state.name !== 'loaded' || this.#fileName === undefined) return;
    saveFile(this.#document, state.blob, this.#fileName);
    this.#fileName = undefined;
  }

  #set(state: State): void {
    this.#loading?.unsubscribe();
    const before = this.#state();
    if (before.name === 'loaded') URL.revokeObjectURL(before.url);
    this.#state.set(state);
  }
}

/** The response of a failed request for a file cannot be read as a problem: its status says all. */
function failureOf(error: unknown): State {
  const { gone, tooLarge, offline, unavailable } = mediaTexts;
  const status = error instanceof HttpErrorResponse ? error.status : undefined;
  if (status === 404) return { name: 'failed', problem: gone, mayPass: false };
  if (status === 413) return { name: 'failed', problem: tooLarge, mayPass: false };
  return { name: 'failed', problem: status === 0 ? offline : unavailable, mayPass: true };
}
