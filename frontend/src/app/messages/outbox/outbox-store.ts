import { HttpErrorResponse } from '@angular/common/http';
import { DOCUMENT, DestroyRef, Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { filter, firstValueFrom, fromEvent, merge, pairwise } from 'rxjs';
import { Message, NewMessage } from '../../api/models';
import { RANDOM, restAfter } from '../../api/backoff';
import { API_BASE_URL } from '../../api/base-url';
import { explain, reasonOf } from '../../api/describe-problem';
import { isOnThisComputer } from '../../api/loopback';
import { Poll } from '../../api/poll';
import { Problem, toProblem } from '../../api/problem';
import { oneTabAtATime } from '../../session/tab-lock';
import { SessionStore } from '../../session/session-store';
import { UserStorage } from '../../session/user-storage';
import { messagingTexts } from '../../i18n/messages-texts';
import { formTexts } from '../../i18n/form-texts';
import { Feed } from '../message-sync';
import { newIdempotencyKey } from './idempotency-key';
import { MessagesClient, messageOf } from '../messages-client';
import {
  Outgoing,
  byTime,
  isSentUnasked,
  isSurelyUnsent,
  isWaiting,
  left,
  stateAfter,
  toOutgoing,
  toUnsent,
  withoutSettled,
} from './pending-message';
import { ThreadsStore } from '../threads-store';

/** A tab that has begun with a message has had an answer by then, or has told the others why not. */
const OTHER_TABS_TURN_MS = 65_000;

/** A message as it was last read from what all tabs share. */
interface Shared {
  readonly written: string;
  /** When this tab saw it so, written by another one. */
  readonly seenAt: number | undefined;
}

/**
 * Messages on their way to the API. To one person they leave in the order in which they were written, each once the one
 * before is answered for: taken, or refused for good. Each is kept in the browser from before its first request until
 * then, with its Idempotency-Key. All tabs work on what is kept, in turns where the browser can arrange it; where it
 * cannot, the key makes two requests one message.
 */
@Injectable()
export class OutboxStore {
  readonly #client = inject(MessagesClient);
  readonly #feed = inject(Feed);
  readonly #threads = inject(ThreadsStore);
  readonly #poll = inject(Poll);
  readonly #random = inject(RANDOM);
  readonly #userId = inject(SessionStore).user()?.id ?? '';
  readonly #kept = inject(UserStorage).shelf('unsent', this.#userId);

  readonly #outbox = signal<readonly Outgoing[]>([]);
  /** What is kept of them; what the browser did not keep is not here. */
  readonly #shared = new Map<string, Shared>();
  /** Answered for or thrown away: whoever keeps one of these again is late. */
  readonly #done = new Set<string>();
  /** Sent because their author said so, however old they are. */
  readonly #wanted = new Set<string>();
  /** Recipients to whom something is being sent, or who wait for this tab's turn. */
  readonly #busy = new Set<string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #needsNetwork = !isOnThisComputer(inject(API_BASE_URL), inject(DOCUMENT).location.href);
  /** How often the network has come back. */
  #returns = 0;
  #isOver = false;

  /** In the order in which they were written. */
  readonly outbox = this.#outbox.asReadonly();

  constructor() {
    fromEvent(window, 'online')
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        this.#returns += 1;
      });
    const recovered = toObservable(this.#feed.problem).pipe(
      pairwise(),
      filter(([before, now]) => before !== '' && now === ''),
    );
    merge(recovered, fromEvent(window, 'online'))
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        this.#hurry();
      });
    // A page that comes back out of the browser's cache has heard nothing meanwhile.
    merge(this.#kept.changes, fromEvent(window, 'pageshow'))
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        if (this.#read()) this.#poll.now();
        this.#advanceAll();
      });
    inject(DestroyRef).onDestroy(() => {
      this.#isOver = true;
      for (const timer of this.#timers.values()) clearTimeout(timer);
    });
    this.#takeOver();
    this.#advanceAll();
  }

  /** Shows the message at once. */
  send({ recipient_number: recipient, content }: NewMessage): void {
    this.#read();
    const before = this.#outbox().findLast((outgoing) => outgoing.recipient === recipient);
    const outgoing: Outgoing = {
      key: newIdempotencyKey(),
      recipient,
      content,
      writtenAt: new Date(Math.max(Date.now(), (before?.writtenAt.getTime() ?? 0) + 1)),
      state: this.#next(recipient) ? 'queued' : 'sending',
      problem: '',
      isNumberAtFault: false,
      mayBeTaken: false,
      failures: 0,
      retryAt: undefined,
      others: this.#othersTo(recipient),
    };
    this.#outbox.update((outbox) => [...outbox, outgoing]);
    this.#keep(outgoing);
    this.#advance(recipient);
  }

  /** While the newest messages are not loaded, nobody can tell them from what is new. */
  #othersTo(recipient: string): Outgoing['others'] {
    const log = this.#threads.thread(recipient).log;
    return log?.hasLater ? undefined : { upTo: log?.messages[0], ids: new Set() };
  }

  /** At its author's wish: now, unless others to the same person are to go first. */
  sendAgain({ key, recipient }: Outgoing): void {
    this.#wanted.add(key);
    this.#change(key, { state: 'queued', problem: '', retryAt: undefined });
    this.#advance(recipient);
  }

  /** Answers whether it is gone: what the API may have is not to be taken back. */
  discard({ key, recipient }: Outgoing): boolean {
    this.#read();
    const outgoing = this.#find(key);
    if (!outgoing || !isSurelyUnsent(outgoing)) return false;
    this.#remove(key);
    this.#outbox.update((outbox) => outbox.filter((other) => other !== outgoing));
    this.#advance(recipient);
    return true;
  }

  /** At the start: whoever wrote what is kept may be gone, so it is this tab's to send. */
  #takeOver(): void {
    this.#read();
    for (const [key, { written }] of this.#shared) {
      this.#shared.set(key, { written, seenAt: undefined });
    }
  }

  /** Something has changed for the better: whoever rests after no answer need not rest any longer. */
  #hurry(): void {
    for (const recipient of this.#recipients()) {
      const next = this.#next(recipient);
      if (next?.state === 'unanswered') this.#change(next.key, { retryAt: new Date() });
      this.#advance(recipient);
    }
  }

  #advanceAll(): void {
    for (const recipient of this.#recipients()) this.#advance(recipient);
  }

  #recipients(): Set<string> {
    return new Set(this.#outbox().map(({ recipient }) => recipient));
  }

  /**
   * Sends what is next to this person, now or when it is due: also from a tab that nobody looks at, unlike all else that is
   * tried again. Whoever has written a message goes elsewhere, and it is to arrive all the same.
   */
  #advance(recipient: string): void {
    clearTimeout(this.#timers.get(recipient));
    this.#timers.delete(recipient);
    if (this.#isOver || this.#busy.has(recipient)) return;
    const next = this.#next(recipient);
    if (!next) return;
    const rest = this.#dueAt(next) - Date.now();
    if (rest <= 0) {
      void this.#takeTurn(recipient);
    } else if (Number.isFinite(rest)) {
      const advance = (): void => {
        this.#advance(recipient);
      };
      this.#timers.set(recipient, setTimeout(advance, rest));
    }
  }

  async #takeTurn(recipient: string): Promise<void> {
    this.#busy.add(recipient);
    try {
      await oneTabAtATime(`mysms.send.${this.#userId}.${recipient}`, async () => {
        this.#read();
        const next = this.#isOver ? undefined : this.#next(recipient);
        if (!next || this.#dueAt(next) > Date.now()) return;
        if (isSentUnasked(next, Date.now()) || this.#wanted.has(next.key)) await this.#post(next);
        else this.#leave(recipient);
      });
    } finally {
      this.#busy.delete(recipient);
    }
    this.#advance(recipient);
  }

  #next(recipient: string): Outgoing | undefined {
    return this.#outbox().find(
      (outgoing) => outgoing.recipient === recipient && isWaiting(outgoing),
    );
  }

  /** To its author: it has waited for too long, and what was written after it is not to overtake it. */
  #leave(recipient: string): void {
    for (const outgoing of this.#outbox()) {
      if (outgoing.recipient === recipient && isWaiting(outgoing)) {
        this.#change(outgoing.key, left(outgoing));
      }
    }
  }

  /** What another tab has written is that tab's to send, unless something of ours waits behind it. */
  #dueAt({ key, recipient, failures, retryAt }: Outgoing): number {
    // The first attempt is made all the same: a server on this computer needs no network.
    if (failures > 0 && !navigator.onLine && !this.#wanted.has(key)) return Infinity;
    const due = retryAt?.getTime() ?? 0;
    const seenAt = this.#shared.get(key)?.seenAt;
    const hasOurs = this.#outbox().some(
      (outgoing) =>
        outgoing.recipient === recipient &&
        isWaiting(outgoing) &&
        this.#shared.get(outgoing.key)?.seenAt === undefined,
    );
    return seenAt === undefined || hasOurs ? due : Math.max(due, seenAt + OTHER_TABS_TURN_MS);
  }

  async #post({ key, recipient, content, state, failures }: Outgoing): Promise<void> {
    // What is asked about again and again stays as it looks until there is an answer.
    if (state !== 'unanswered') this.#change(key, { state: 'sending', retryAt: undefined });
    const hasReachedNobody = this.#watchNetwork();
    try {
      const sent = this.#client.send({ recipient_number: recipient, content }, key);
      this.#settle(key, await firstValueFrom(sent));
    } catch (error) {
      const problem = toProblem(error);
      const stored = isAnswer(error) ? messageOf(problem) : undefined;
      if (stored) {
        this.#settle(key, stored);
      } else if (
        problem.status === 0 &&
        problem.code === 'offline' &&
        this.#find(key)?.mayBeTaken === false &&
        hasReachedNobody()
      ) {
        this.#awaitNetwork(key, failures + 1);
      } else {
        this.#fail(key, problem, isAnswer(error), failures + 1);
      }
    }
  }

  /** Answers whether what was begun now has surely not left this browser: there was no network all the time. */
  #watchNetwork(): () => boolean {
    const isOffline = this.#needsNetwork && !navigator.onLine;
    const returns = this.#returns;
    return () => isOffline && !navigator.onLine && returns === this.#returns;
  }

  #awaitNetwork(key: string, failures: number): void {
    this.#wanted.delete(key);
    const problem = messagingTexts.sending.offline;
    this.#change(key, { state: 'queued', problem, failures, retryAt: undefined });
  }

  #fail(key: string, problem: Problem, isAnswer: boolean, failures: number): void {
    this.#wanted.delete(key);
    const outgoing = this.#find(key);
    if (!outgoing) return;
    let state = isAnswer ? stateAfter(problem) : 'unanswered';
    if (state === 'postponed' && outgoing.mayBeTaken) state = 'unanswered';
    const retryAt = new Date(Date.now() + restAfter(failures, problem, this.#random));
    this.#change(key, {
      state,
      problem: inWords(problem),
      isNumberAtFault: 'recipient_number' in problem.errors,
      mayBeTaken: outgoing.mayBeTaken || state === 'unanswered',
      failures,
      retryAt: state === 'refused' ? undefined : retryAt,
    });
    if (!isSentUnasked(outgoing, retryAt.getTime())) this.#leave(outgoing.recipient);
  }

  #settle(key: string, message: Message): void {
    this.#remove(key);
    this.#feed.hearNew(message);
    this.#outbox.update((outbox) => withoutSettled(outbox, key, message));
  }

  #find(key: string): Outgoing | undefined {
    return this.#outbox().find((outgoing) => outgoing.key === key);
  }

  #change(key: string, change: Partial<Outgoing>): void {
    this.#read();
    const outgoing = this.#find(key);
    if (!outgoing) return;
    const changed = { ...outgoing, ...change };
    this.#outbox.update((outbox) => outbox.map((other) => (other === outgoing ? changed : other)));
    this.#keep(changed);
  }

  #keep(outgoing: Outgoing): void {
    this.#kept.keep(outgoing.key, toUnsent(outgoing));
    const kept = this.#kept.read().get(outgoing.key);
    if (kept === undefined) return;
    this.#shared.set(outgoing.key, { written: JSON.stringify(kept), seenAt: undefined });
  }

  #remove(key: string): void {
    this.#done.add(key);
    this.#wanted.delete(key);
    this.#shared.delete(key);
    this.#kept.remove(key);
  }

  /** Follows what all tabs share. Answers whether something is gone from there: another tab has seen to it. */
  #read(): boolean {
    const kept = new Map<string, Outgoing>();
    for (const [key, thing] of this.#kept.read()) {
      const outgoing = toOutgoing(key, thing);
      if (this.#done.has(key)) this.#kept.remove(key);
      else if (outgoing) kept.set(key, this.#follow(outgoing, JSON.stringify(thing)));
    }
    const gone = new Set([...this.#shared.keys()].filter((key) => !kept.has(key)));
    for (const key of gone) {
      this.#done.add(key);
      this.#shared.delete(key);
    }
    const unkept = this.#outbox().filter(({ key }) => !kept.has(key) && !gone.has(key));
    const outbox = [...kept.values(), ...unkept].sort(byTime);
    if (!isSame(outbox, this.#outbox())) this.#outbox.set(outbox);
    return gone.size > 0;
  }

  #follow(outgoing: Outgoing, written: string): Outgoing {
    const known = this.#find(outgoing.key);
    if (known && this.#shared.get(outgoing.key)?.written === written) return known;
    this.#shared.set(outgoing.key, { written, seenAt: Date.now() });
    return { ...outgoing, others: known?.others };
  }
}

/** What the API says about the message, and not what goes wrong on the way to asking it. */
function isAnswer(error: unknown): boolean {
  return error instanceof HttpErrorResponse && (error.url ?? '').endsWith('/api/messages');
}

function isSame(one: readonly Outgoing[], other: readonly Outgoing[]): boolean {
  return one.length === other.length && one.every((outgoing, place) => outgoing === other[place]);
}

function inWords(problem: Problem): string {
  const labels: Readonly<Record<string, string>> = {
    recipient_number: messagingTexts.compose.phoneNumber,
    content: messagingTexts.compose.message,
  };
  const sentences = Object.entries(problem.errors).flatMap(([field, errors]) =>
    errors.map((error) => formTexts.wrong(labels[field] ?? field, error)),
  );
  if (sentences.length > 0) return sentences.join(' ');
  // When it is asked again shows beside it.
  return problem.status === 429 ? reasonOf(problem) : explain(problem);
}
