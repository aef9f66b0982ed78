import { DestroyRef, Injectable, WritableSignal, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { EMPTY, Subject, Subscription, catchError, firstValueFrom, from, mergeMap } from 'rxjs';
import { Message, Unread } from '../api/models';
import { MessageSubscriber, MessageSync } from './message-sync';
import { MessagesClient } from './messages-client';

/** What this tab marks as read: so many arrivals. */
interface ReadMark {
  readonly inbound: number;
  readonly request: Subscription;
}

/** What this tab makes of a conversation. */
interface FlagMark<State> {
  readonly state: State;
  readonly done: Promise<void>;
  isDone: boolean;
}

type FlagMarks<State> = ReadonlyMap<string, FlagMark<State>>;
type ArchivedUpToTime = string | undefined;
type IsMuted = boolean;

interface Answer {
  readonly unread: Unread;
  /** The marks that it has. */
  readonly counted: readonly (ReadMark | FlagMark<unknown>)[];
}

/** What a browser keeps of some conversations. */
export interface CachedUnread {
  readonly counts: ReadonlyMap<string, number>;
  readonly muted: ReadonlySet<string>;
}

/** The API lists no more conversations. */
const MOST_LISTED = 1_000;
/** Of the many conversations that another device may archive. */
const MOST_LOADED_AT_ONCE = 3;

/**
 * What is unread, archived and muted, as the API tells it whenever something has changed. It is asked before the changes, and known once they are
 * applied: what is marked as read is never more than what is shown. Each answer replaces the one before, so nothing is merged.
 */
@Injectable()
export class UnreadStore implements MessageSubscriber {
  readonly #client = inject(MessagesClient);
  readonly #sync = inject(MessageSync);
  readonly #destroyRef = inject(DestroyRef);

  readonly #known = signal<Unread | undefined>(undefined);
  /** What was known at the last visit: shown until the API has answered, and nothing is marked as read by it. */
  readonly #restored = signal<CachedUnread | undefined>(undefined);
  /** Until an answer counts them: one that is asked for once the mark is set. */
  readonly #marks = signal<ReadonlyMap<string, ReadMark>>(new Map());
  readonly #archiving = signal<FlagMarks<ArchivedUpToTime>>(new Map());
  readonly #muting = signal<FlagMarks<IsMuted>>(new Map());
  /** Before the changes that were asked for last. */
  #isAsked = false;
  #answer: Answer | undefined;
  /** What was asked for before the changes is known. */
  readonly #answers = new Subject<void>();

  readonly #counts = computed<ReadonlyMap<string, number>>(() => {
    if (!this.#known()) return this.#restored()?.counts ?? new Map<string, number>();
    const marks = this.#marks();
    const counts = (this.#known()?.conversations ?? []).map(
      ({ peer_number, unread, inbound }): [string, number] => {
        const since = inbound - (marks.get(peer_number)?.inbound ?? -Infinity);
        return [peer_number, Math.max(0, Math.min(unread, since))];
      },
    );
    return new Map(counts);
  });

  readonly isKnown = computed(() => this.#known() !== undefined);
  /** How many messages are unread in all conversations that are not muted. */
  readonly total = computed(() => this.totalOf(this.#counts().keys()));

  /** Where something is unread that the user may be told of. */
  readonly peersToTell = computed(() =>
    [...this.#counts().keys()].filter((peer) => this.totalOf([peer]) > 0),
  );

  /** The archived conversations, with the time of the last message of each: a newer one has brought it back. */
  readonly archived = computed<ReadonlyMap<string, string>>(() => {
    const archived = toArchived(this.#known());
    for (const [peer, { state: upTo }] of this.#archiving()) {
      if (upTo === undefined) archived.delete(peer);
      else archived.set(peer, upTo);
    }
    return archived;
  });

  /** Of more than the API lists, those with the newest messages. */
  readonly muted = computed<ReadonlySet<string>>(() => {
    const muted = new Set((this.#known() ?? this.#restored())?.muted);
    for (const [peer, { state: isMuted }] of this.#muting()) {
      if (isMuted) muted.add(peer);
      else muted.delete(peer);
    }
    return muted;
  });

  /** Of more archived conversations than the API lists, it tells those with a last message since this time. */
  readonly #listedSince = computed(() => {
    const listed = this.#known()?.archived ?? [];
    return (listed.length < MOST_LISTED ? undefined : listed.at(-1)?.last_message_at) ?? '';
  });

  constructor() {
    this.#sync.subscribe(this);
  }

  /** To be restored at the next visit. Reads signals. */
  select(peers: readonly string[]): CachedUnread {
    return {
      counts: new Map(peers.map((peer) => [peer, this.of(peer)])),
      muted: new Set(peers.filter((peer) => this.muted().has(peer))),
    };
  }

  restore(cached: CachedUnread): void {
    this.#restored.set(cached);
  }

  /** How many were unread when the API was asked last, whatever this tab has marked since. */
  ofLastAnswer(peer: string): number {
    return this.#rowOf(peer)?.unread ?? 0;
  }

  /** How many messages of a conversation are unread. Reads a signal. */
  of(peer: string): number {
    return this.#counts().get(peer) ?? 0;
  }

  /** How many messages of these conversations are unread, without those of muted ones. Reads signals. */
  totalOf(peers: Iterable<string>): number {
    return totalOf(this, peers);
  }

  /**
   * Whether the user is to be told of a message that the present changes tell of: it was not read on another device
   * meanwhile, nor is it in a muted conversation. If that was not asked for before them, or counts it not yet, it is
   * asked for once more.
   */
  async isNews(peer: string): Promise<boolean> {
    // The changes are being applied.
    await Promise.resolve();
    if (this.#isAsked && this.muted().has(peer)) return false;
    if (this.#isAsked && this.#isToTell(peer)) return true;
    const answer = firstValueFrom(this.#answers, { defaultValue: undefined });
    this.#sync.refresh();
    await answer;
    return this.#isToTell(peer);
  }

  /** How many messages have come in so far, if some are unread. */
  inboundOf(peer: string): number | undefined {
    return this.#rowOf(peer)?.inbound;
  }

  /**
   * Marks what is known as read, or was known at a number of arrivals, as long as it takes. Call it only if the user has
   * had the newest message of these on the screen, or wants to see none of them.
   */
  markRead(peer: string, inbound = this.inboundOf(peer)): void {
    if (this.of(peer) === 0 || inbound === undefined) return;
    const request = this.#sync
      .load(() => firstValueFrom(this.#client.markRead(peer, inbound)))
      .pipe(
        // There is no such conversation any more, which the next answer tells.
        catchError(() => EMPTY),
        takeUntilDestroyed(this.#destroyRef),
      )
      .subscribe();
    this.#marks.update((marks) => new Map(marks).set(peer, { inbound, request }));
  }

  /** Marks one message as unread, as long as it takes. */
  markUnread(peer: string): void {
    // What is still to be marked as read would end it.
    this.#marks().get(peer)?.request.unsubscribe();
    this.#sync
      .load(() => firstValueFrom(this.#client.markUnread(peer)))
      .pipe(
        catchError(() => EMPTY),
        takeUntilDestroyed(this.#destroyRef),
      )
      .subscribe(() => {
        this.#sync.refresh();
      });
  }

  /** Whether a conversation with this last message is archived; undefined if the API does not tell. Reads signals. */
  isArchived({ peer_number, created_at }: Message): boolean | undefined {
    const lastAt = this.archived().get(peer_number);
    if (lastAt !== undefined) return created_at <= lastAt;
    if (this.#archiving().has(peer_number)) return false;
    return created_at < this.#listedSince() ? undefined : false;
  }

  /**
   * Archives a conversation with a last message of this time, or brings it back without one, by work that may be repeated. Until an
   * answer tells what has become of it, it counts as done.
   */
  archive(peer: string, lastAt: string | undefined, work: () => Promise<unknown>): void {
    this.#flag(this.#archiving, peer, lastAt, work);
  }

  /** Mutes a conversation, or unmutes it, in the same way. */
  mute(peer: string, isMuted: boolean, work: () => Promise<unknown>): void {
    this.#flag(this.#muting, peer, isMuted, work);
  }

  #flag<State>(
    marks: WritableSignal<FlagMarks<State>>,
    peer: string,
    state: State,
    work: () => Promise<unknown>,
  ): void {
    // What was done before it must not reach the API after it.
    const before = marks().get(peer)?.done ?? Promise.resolve();
    const done = before.then(async () => {
      const doing = this.#sync.load(work).pipe(
        catchError(() => EMPTY),
        takeUntilDestroyed(this.#destroyRef),
      );
      await firstValueFrom(doing, { defaultValue: undefined });
      mark.isDone = true;
      this.#sync.refresh();
    });
    const mark: FlagMark<State> = { state, done, isDone: false };
    marks.update((before) => new Map(before).set(peer, mark));
  }

  async beforeChanges(): Promise<void> {
    this.#isAsked = this.#client.isUnreadDue;
    if (!this.#isAsked) return;
    const counted = [
      ...[...this.#marks().values()].filter(({ request }) => request.closed),
      ...[...this.#archiving().values(), ...this.#muting().values()].filter(({ isDone }) => isDone),
    ];
    const unread = await firstValueFrom(this.#client.unread());
    if (unread !== 'unchanged') this.#answer = { unread, counted };
  }

  afterChanges(): void {
    // A poll has found changes. What is counted now may be newer, so they are asked for once more.
    if (!this.#isAsked && this.#client.isUnreadDue) this.#sync.pollAgain();
    if (this.#answer) this.#apply(this.#answer);
    this.#answer = undefined;
    if (this.#isAsked) this.#answers.next();
  }

  applyChanges(): void {
    // What has come in is counted by the API.
  }

  find(): undefined {
    return undefined;
  }

  hasPending(): boolean {
    return false;
  }

  #apply({ unread, counted }: Answer): void {
    const before = this.#known();
    this.#known.set(unread);
    this.#marks.update((marks) => without(marks, counted));
    const isListed = this.#listedSince() === '';
    this.#archiving.update((marks) =>
      // What is brought back from beyond the list is told by no answer.
      without(marks, counted, ({ state: upTo }) => isListed || upTo !== undefined),
    );
    this.#muting.update((marks) => without(marks, counted));
    if (!before) return;
    const [earlier, now] = [toArchived(before), toArchived(unread)];
    const peers = [...new Set([...earlier.keys(), ...now.keys()])];
    // The lists that they have moved to may not have them.
    this.#loadLast(peers.filter((peer) => earlier.has(peer) !== now.has(peer)));
  }

  #loadLast(peers: readonly string[]): void {
    const load = (peer: string) =>
      this.#sync
        .load(() => firstValueFrom(this.#client.with(peer, 1)))
        .pipe(catchError(() => EMPTY));
    from(peers)
      .pipe(mergeMap(load, MOST_LOADED_AT_ONCE), takeUntilDestroyed(this.#destroyRef))
      .subscribe(({ rows }) => {
        this.#sync.applyChanges(rows);
      });
  }

  #rowOf(peer: string) {
    return this.#known()?.conversations.find(({ peer_number }) => peer_number === peer);
  }

  #isToTell(peer: string): boolean {
    if (this.muted().has(peer)) return false;
    return this.of(peer) > 0 || (this.#known()?.conversations.length ?? 0) >= MOST_LISTED;
  }
}

export function totalOf(
  unread: Pick<UnreadStore, 'of' | 'muted'>,
  peers: Iterable<string>,
): number {
  return [...peers].reduce(
    (sum, peer) => sum + (unread.muted().has(peer) ? 0 : unread.of(peer)),
    0,
  );
}

function toArchived(unread: Pick<Unread, 'archived'> | undefined): Map<string, string> {
  return new Map(
    (unread?.archived ?? []).map(({ peer_number, last_message_at }) => [
      peer_number,
      last_message_at,
    ]),
  );
}

function without<Mark extends Answer['counted'][number]>(
  marks: ReadonlyMap<string, Mark>,
  counted: Answer['counted'],
  isTold: (mark: Mark) => boolean = () => true,
): ReadonlyMap<string, Mark> {
  return new Map([...marks].filter(([, mark]) => !counted.includes(mark) || !isTold(mark)));
}
