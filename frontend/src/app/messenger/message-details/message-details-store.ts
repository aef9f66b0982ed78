import { Injectable, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Observable, Subject, catchError, map, of, startWith, switchMap } from 'rxjs';
import { MessageDetail } from '../../api/models';
import { explain } from '../../api/describe-problem';
import { toProblem } from '../../api/problem';
import { Feed } from '../../messages/message-sync';
import { MessagesClient } from '../../messages/messages-client';

interface Loaded {
  readonly id: string;
  readonly message?: MessageDetail | undefined;
  readonly problem?: string;
}

/**
 * Everything that is known about one message at a time. What is loaded stays when a reload fails; what was asked about
 * another message is dropped, however late its answer comes.
 */
@Injectable()
export class DetailsStore {
  readonly #client = inject(MessagesClient);
  readonly #feed = inject(Feed);

  readonly #asked = new Subject<string>();
  readonly #loaded = signal<Loaded>({ id: '' });

  readonly message = computed(() => this.#loaded().message);
  readonly problem = computed(() => this.#loaded().problem ?? '');

  constructor() {
    this.#asked
      .pipe(
        switchMap((id) => this.#load(id)),
        takeUntilDestroyed(),
      )
      .subscribe((loaded) => {
        this.#loaded.set(loaded);
      });
  }

  load(id: string): void {
    this.#asked.next(id);
  }

  #load(id: string): Observable<Loaded> {
    const before = this.#loaded();
    const known: Loaded = before.id === id ? before : { id };
    return this.#client.detail(id).pipe(
      map((message) => {
        this.#feed.hear([message]);
        return { id, message };
      }),
      catchError((error: unknown) => of({ ...known, problem: explain(toProblem(error)) })),
      startWith(known),
    );
  }
}
