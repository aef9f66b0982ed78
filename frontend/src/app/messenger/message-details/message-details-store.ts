import { Injectable, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Observable, Subject, catchError, map, of, startWith, switchMap } from 'rxjs';
import { MessageDetail } from '../../api/models';
import { describeProblem } from '../../api/describe-problem';
import { toProblem } from '../../api/problem';
import { MessageSync } from '../../messages/message-sync';
import { MessagesClient } from '../../messages/messages-client';

interface Loaded {
  readonly id: string;
  readonly message?: MessageDetail | undefined;
  readonly problem?: string;
}

/**
 * The details of one message at a time. They stay when reloading fails. A late response about another message is
 * ignored.
 */
@Injectable()
export class MessageDetailsStore {
  readonly #client = inject(MessagesClient);
  readonly #sync = inject(MessageSync);

  readonly #requests = new Subject<string>();
  readonly #loaded = signal<Loaded>({ id: '' });

  readonly message = computed(() => this.#loaded().message);
  readonly problem = computed(() => this.#loaded().problem ?? '');

  constructor() {
    this.#requests
      .pipe(
        switchMap((id) => this.#load(id)),
        takeUntilDestroyed(),
      )
      .subscribe((loaded) => {
        this.#loaded.set(loaded);
      });
  }

  load(id: string): void {
    this.#requests.next(id);
  }

  #load(id: string): Observable<Loaded> {
    const before = this.#loaded();
    const known: Loaded = before.id === id ? before : { id };
    return this.#client.detail(id).pipe(
      map((message) => {
        this.#sync.applyChanges([message]);
        return { id, message };
      }),
      catchError((error: unknown) => of({ ...known, problem: describeProblem(toProblem(error)) })),
      startWith(known),
    );
  }
}
