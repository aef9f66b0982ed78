import { Message } from '../api/models';

/** What changes bring while something is being loaded: the response may be older, and replaces what they have changed. */
export class ChangesMeanwhile {
  readonly #loads = new Set<Message[]>();

  add(messages: readonly Message[]): void {
    for (const changes of this.#loads) changes.push(...messages);
  }

  /** Uses what was loaded together with the changes to merge into it. */
  async during<T, U>(
    loading: Promise<T>,
    use: (loaded: T, changes: readonly Message[]) => U,
  ): Promise<U> {
    const changes: Message[] = [];
    this.#loads.add(changes);
    try {
      return use(await loading, changes);
    } finally {
      this.#loads.delete(changes);
    }
  }
}
