import { DOCUMENT, DestroyRef, Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { EMPTY, catchError, finalize, firstValueFrom, fromEvent, interval, merge } from 'rxjs';
import { describeProblem } from '../../api/describe-problem';
import { Message, OptOut } from '../../api/models';
import { toProblem } from '../../api/problem';
import { MessageSubscriber, MessageSync } from '../message-sync';
import { OptOutsClient } from './opt-outs-client';

const MAX_REASON = 200;
const MAX_KNOWN = 1000;
/** At once. */
const MAX_ASKED = 100;
/** How often to ask about the number of an open conversation: other users record opt-outs too, and nothing tells of them. */
const FOLLOW_MS = 60_000;

/** Who gets no more messages, as far as somebody has asked. */
@Injectable()
export class OptOutsStore implements MessageSubscriber {
  readonly #client = inject(OptOutsClient);
  readonly #sync = inject(MessageSync);
  readonly #document = inject(DOCUMENT);
  readonly #destroyRef = inject(DestroyRef);
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

  /** As far as it is known, somebody can write to this sender. Reads a signal. */
  canBeWrittenTo(sender: string): boolean {
    return sender.startsWith('+') && !this.of(sender)?.opted_out;
  }

  /** Asks, as long as it takes. Nobody can write to a sender without a phone number. */
  load(...numbers: readonly string[]): void {
    this.#load(numbers);
  }

  /** Asks about those whom nobody has asked about yet. */
  loadUnknown(numbers: readonly string[]): void {
    const known = this.#known();
    this.#load(numbers.filter((number) => !known.has(number) && !this.#loading.has(number)));
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
      this.#know([number], [await firstValueFrom(this.#client.set(number, optedOut, shortened))]);
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
    this.#load([...new Set(peers)].filter((peer) => this.#known().has(peer)));
  }

  forget(): void {
    this.#load([...new Set([...this.#followed, ...this.#known().keys()])]);
  }

  find(): undefined {
    return undefined;
  }

  hasPending(): boolean {
    return false;
  }

  #load(numbers: readonly string[]): void {
    const free: string[] = [];
    for (const number of numbers) {
      if (this.#loading.has(number)) this.#changedMeanwhile.add(number);
      else if (number.startsWith('+')) free.push(number);
    }
    if (free.length > MAX_ASKED) this.#load(free.splice(MAX_ASKED));
    if (free.length === 0) return;
    for (const number of free) this.#loading.add(number);
    this.#sync
      .load(async () => await this.#read(free))
      .pipe(
        catchError(() => EMPTY),
        // Whoever signs in next is not to ask about these.
        takeUntilDestroyed(this.#destroyRef),
        finalize(() => {
          for (const number of free) this.#loading.delete(number);
          this.#load(free.filter((number) => this.#changedMeanwhile.delete(number)));
        }),
      )
      .subscribe((told) => {
        this.#know(
          free.filter((number) => !this.#changedMeanwhile.has(number)),
          told,
        );
      });
  }

  async #read(numbers: readonly string[]): Promise<readonly OptOut[]> {
    const [number] = numbers;
    return number !== undefined && numbers.length === 1
      ? [await firstValueFrom(this.#client.read(number))]
      : firstValueFrom(this.#client.readAll(numbers));
  }

  /** Of whom nothing is told, nothing was ever recorded. */
  #know(numbers: readonly string[], told: readonly OptOut[]): void {
    this.#known.update((before) => {
      const known = new Map(before);
      for (const number of numbers) {
        known.delete(number);
        known.set(
          number,
          told.find((each) => each.number === number) ?? {
            number,
            opted_out: false,
            latest: null,
            history: [],
          },
        );
      }
      // Who has opted out is the last to be forgotten: a list that is longer shows nothing about the others.
      const others = [...known.values()].filter(({ opted_out }) => !opted_out);
      for (const { number } of others.slice(0, Math.max(0, known.size - MAX_KNOWN)))
        known.delete(number);
      return new Map([...known].slice(-MAX_KNOWN));
    });
  }
}

function mayTellOfOptOut({ direction, status }: Message): boolean {
  return direction === 'inbound' || status === 'failed';
}
