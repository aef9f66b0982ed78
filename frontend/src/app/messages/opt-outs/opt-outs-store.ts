import { DOCUMENT, Injectable, inject, signal } from '@angular/core';
import { EMPTY, catchError, finalize, firstValueFrom, fromEvent, interval, merge } from 'rxjs';
import { describeProblem } from '../../api/describe-problem';
import { Message, OptOut } from '../../api/models';
import { toProblem } from '../../api/problem';
import { MessageSubscriber, MessageSync } from '../message-sync';
import { OptOutsClient } from './opt-outs-client';

const MAX_REASON = 200;
const MAX_KNOWN = 1000;
/** How often to ask about the number of an open conversation: other users record opt-outs too, and nothing tells of them. */
const FOLLOW_MS = 60_000;

/** Who gets no more messages, as far as somebody has asked. */
@Injectable()
export class OptOutsStore implements MessageSubscriber {
  readonly #client = inject(OptOutsClient);
  readonly #sync = inject(MessageSync);
  readonly #document = inject(DOCUMENT);
  /** Those asked for last come last. */
  readonly #known = signal<ReadonlyMap<string, OptOut>>(new Map());
  readonly #loading = new Set<string>();
  /** What changes while it is loaded is loaded again: the answer may be older. */
  readonly #changedMeanwhile = new Set<string>();
  readonly #followed = new Set<string>();

  constructor() {
    this.#sync.subscribe(this);
  }

  /** undefined until it is known. Reads a signal. */
  of(number: string): OptOut | undefined {
    return this.#known().get(number);
  }

  /** Asks, as long as it takes. Nobody can write to a sender without a phone number. */
  load(number: string): void {
    if (!number.startsWith('+')) return;
    if (this.#loading.has(number)) {
      this.#changedMeanwhile.add(number);
      return;
    }
    this.#loading.add(number);
    this.#sync
      .load(() => firstValueFrom(this.#client.read(number)))
      .pipe(
        catchError(() => EMPTY),
        finalize(() => {
          this.#loading.delete(number);
          if (this.#changedMeanwhile.delete(number)) this.load(number);
        }),
      )
      .subscribe((optOut) => {
        if (!this.#changedMeanwhile.has(number)) this.#know(number, optOut);
      });
  }

  /** Keeps what is known about a number current, while the page is visible; returns a function that ends it. */
  follow(number: string): () => void {
    this.#followed.add(number);
    this.load(number);
    const asking = merge(
      interval(FOLLOW_MS),
      fromEvent(this.#document, 'visibilitychange'),
    ).subscribe(() => {
      if (this.#document.visibilityState === 'visible') this.load(number);
    });
    return () => {
      asking.unsubscribe();
      this.#followed.delete(number);
    };
  }

  /** Returns why it could not be recorded; nothing if it was. */
  async set(number: string, optedOut: boolean, reason: string): Promise<string> {
    const shortened = Array.from(reason).slice(0, MAX_REASON).join('');
    try {
      this.#know(number, await firstValueFrom(this.#client.set(number, optedOut, shortened)));
      if (this.#loading.has(number)) this.#changedMeanwhile.add(number);
      return '';
    } catch (error) {
      this.load(number);
      return describeProblem(toProblem(error));
    }
  }

  /** What comes in may be STOP or START, and what is refused was opted out of meanwhile. */
  applyChanges(messages: readonly Message[]): void {
    const peers = messages.filter(mayTellOfOptOut).map(({ peer_number }) => peer_number);
    for (const peer of new Set(peers)) if (this.#known().has(peer)) this.load(peer);
  }

  forget(): void {
    for (const number of this.#followed) this.load(number);
  }

  find(): undefined {
    return undefined;
  }

  hasPending(): boolean {
    return false;
  }

  #know(number: string, optOut: OptOut): void {
    this.#known.update((known) => {
      const others = [...known].filter(([other]) => other !== number).slice(1 - MAX_KNOWN);
      return new Map([...others, [number, optOut]]);
    });
  }
}

function mayTellOfOptOut({ direction, status }: Message): boolean {
  return direction === 'inbound' || status === 'failed';
}
