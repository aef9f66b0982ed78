import { Injectable, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { MessageDetail } from '../api/models';
import { explain, toProblem } from '../api/problem';
import { Feed } from './feed';
import { MessagesClient } from './messages-client';

/** Everything that is known about one message. What is loaded stays when a reload fails. */
@Injectable()
export class DetailsStore {
  readonly #client = inject(MessagesClient);
  readonly #feed = inject(Feed);

  readonly #message = signal<MessageDetail | undefined>(undefined);
  readonly #problem = signal('');

  readonly message = this.#message.asReadonly();
  readonly problem = this.#problem.asReadonly();

  async load(id: string): Promise<void> {
    try {
      const message = await firstValueFrom(this.#client.detail(id));
      this.#message.set(message);
      this.#problem.set('');
      this.#feed.hear([message]);
    } catch (error) {
      this.#problem.set(explain(toProblem(error)));
    }
  }
}
