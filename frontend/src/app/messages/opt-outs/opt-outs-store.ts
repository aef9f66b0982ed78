import { Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { EMPTY, Observable, catchError, firstValueFrom, tap } from 'rxjs';
import { describeProblem } from '../../api/describe-problem';
import { Message, OptOut } from '../../api/models';
import { toProblem } from '../../api/problem';
import { MessageSync } from '../message-sync';
import { OptOutsClient } from './opt-outs-client';

const MAX_REASON = 200;
const MAX_KNOWN = 100;

/** Who gets no more messages, as far as somebody has asked. */
@Injectable()
export class OptOutsStore {
  readonly #client = inject(OptOutsClient);
  readonly #sync = inject(MessageSync);
  /** Those asked for last come last. */
  readonly #known = signal<ReadonlyMap<string, OptOut>>(new Map());
  /** How often was asked: only the last answer holds. */
  readonly #asked = new Map<string, number>();

  constructor() {
    // What comes in may be STOP or START, and what is refused was opted out of meanwhile.
    this.#sync.statusChanges.pipe(takeUntilDestroyed()).subscribe((messages) => {
      const peers = messages.filter(mayTellOfOptOut).map(({ peer_number }) => peer_number);
      for (const peer of new Set(peers)) if (this.#known().has(peer)) this.load(peer);
    });
  }

  /** undefined until it is known. Reads a signal. */
  of(number: string): OptOut | undefined {
    return this.#known().get(number);
  }

  /** Asks, as long as it takes. Nobody can write to a sender without a phone number. */
  load(number: string): void {
    if (!number.startsWith('+')) return;
    this.#sync
      .load(() => firstValueFrom(this.#take(number, this.#client.read(number))))
      .pipe(catchError(() => EMPTY))
      .subscribe();
  }

  /** Returns why it could not be recorded; nothing if it was. */
  async set(number: string, optedOut: boolean, reason: string): Promise<string> {
    const shortened = Array.from(reason).slice(0, MAX_REASON).join('');
    try {
      await firstValueFrom(this.#take(number, this.#client.set(number, optedOut, shortened)));
      return '';
    } catch (error) {
      return describeProblem(toProblem(error));
    }
  }

  #take(number: string, answer: Observable<OptOut>): Observable<OptOut> {
    const turn = (this.#asked.get(number) ?? 0) + 1;
    this.#asked.set(number, turn);
    return answer.pipe(
      tap((optOut) => {
        if (this.#asked.get(number) !== turn) return;
        this.#known.update((known) => {
          const others = [...known].filter(([other]) => other !== number).slice(1 - MAX_KNOWN);
          return new Map([...others, [number, optOut]]);
        });
      }),
    );
  }
}

function mayTellOfOptOut({ direction, status }: Message): boolean {
  return direction === 'inbound' || status === 'failed';
}
