import { DestroyRef, Injectable, computed, effect, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import {
  EMPTY,
  Observable,
  Subject,
  catchError,
  merge,
  switchMap,
  take,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { Contact } from '../api/models';
import { Poll } from '../api/poll';
import { Problem, toProblem } from '../api/problem';
import { canonicalNumber } from '../phone-numbers/canonical-number';
import { ContactNames } from '../phone-numbers/contact-names';
import { SessionStore } from '../session/session-store';
import { ContactsClient } from './contacts-client';

/** Contacts rarely change, and the API tells of each change. */
const POLL_CONTACTS_MS = 60_000;
/** Of a change that one process of the API has told of, another may not know for a second. */
const ASK_AGAIN_MS = 1_000;

/** All contacts of the user, kept current. */
@Injectable()
export class ContactsStore {
  readonly #client = inject(ContactsClient);
  readonly #names = inject(ContactNames);
  readonly #polling = inject(Poll);
  readonly #sessionStatus = inject(SessionStore).statusChanges;
  readonly #destroyRef = inject(DestroyRef);
  readonly #contacts = signal<ReadonlyMap<string, Contact>>(new Map());
  readonly #isKnown = signal(false);
  readonly #problem = signal<Problem | undefined>(undefined);
  readonly #written = new Subject<void>();
  /** Since the reading began, which may have passed them already. */
  #changedHere: ReadonlyMap<string, Contact> = new Map();
  /** Their versions, by number. An answer that was on its way may bring them back. */
  #deletedHere: ReadonlyMap<string, number> = new Map();

  /** Whether all contacts have been read. */
  readonly isKnown = this.#isKnown.asReadonly();

  /** Why they could not be read last. */
  readonly problem = this.#problem.asReadonly();

  /** In no order; until all are known, those that have been read so far. Reads a signal. */
  readonly all = computed(() => [...this.#contacts().values()]);

  constructor() {
    effect(() => {
      const names = new Map(this.all().map(({ number, name }) => [number, name]));
      if (this.#isKnown()) this.#names.replace(names);
      else this.#names.add(names);
    });
    this.#destroyRef.onDestroy(() => {
      this.#names.clear();
    });
  }

  /** Reads all contacts, and what changes: now and then, and whenever `changes` emits. */
  start(changes: Observable<unknown>): void {
    const triggers = merge(changes, this.#written).pipe(
      switchMap(() => timer(0, ASK_AGAIN_MS).pipe(take(2))),
    );
    this.#sessionStatus
      .pipe(
        switchMap((status) =>
          status === 'signed-in'
            ? this.#polling.every(() => this.#read(), triggers, POLL_CONTACTS_MS)
            : EMPTY,
        ),
        takeUntilDestroyed(this.#destroyRef),
      )
      .subscribe();
  }

  /** Reads a signal. */
  of(number: string): Contact | undefined {
    return this.#contacts().get(canonicalNumber(number));
  }

  /** What the API has answered to a change that was made here. */
  apply(contact: Contact): void {
    this.#changedHere = merged(this.#changedHere, [contact]);
    this.#contacts.update((known) => merged(known, [contact]));
  }

  /** Many were changed here. */
  refresh(): void {
    this.#written.next();
  }

  /** It was deleted here. */
  drop(number: string): void {
    const version = this.of(number)?.version ?? 0;
    this.#deletedHere = new Map(this.#deletedHere).set(canonicalNumber(number), version);
    this.#changedHere = without(this.#changedHere, number);
    this.#contacts.update((known) => without(known, number));
    this.#written.next();
  }

  #read(): Observable<unknown> {
    this.#changedHere = new Map();
    this.#deletedHere = new Map();
    return this.#client.changes().pipe(
      tap({
        next: (changes) => {
          if (changes === 'unchanged') return;
          if (changes.areAll) this.#isKnown.set(true);
          this.#contacts.update((known) =>
            merged(
              changes.areAll ? this.#changedHere : known,
              changes.contacts.filter(
                ({ number, version }) => version > (this.#deletedHere.get(number) ?? 0),
              ),
            ),
          );
        },
        complete: () => {
          this.#problem.set(undefined);
        },
      }),
      catchError((error: unknown) => {
        this.#problem.set(toProblem(error));
        return throwError(() => error);
      }),
    );
  }
}

function without(
  contacts: ReadonlyMap<string, Contact>,
  number: string,
): ReadonlyMap<string, Contact> {
  return new Map([...contacts].filter(([other]) => other !== canonicalNumber(number)));
}

function merged(
  known: ReadonlyMap<string, Contact>,
  changed: readonly Contact[],
): ReadonlyMap<string, Contact> {
  if (changed.length === 0) return known;
  const all = new Map(known);
  for (const contact of changed) {
    const { number, version, deleted_at } = contact;
    if ((all.get(number)?.version ?? 0) > version) continue;
    if (deleted_at) all.delete(number);
    else all.set(number, contact);
  }
  return all;
}
