import { DestroyRef, Injectable, Injector, Type, inject } from '@angular/core';

/** Creates the stores of a feature that is loaded later, and keeps them for as long as the user is signed in. */
@Injectable()
export class UserScope {
  readonly #injector = inject(Injector);
  readonly #destroyRef = inject(DestroyRef);
  readonly #injectors = new Map<Type<unknown>, Injector>();

  /** The user has signed out. */
  get isOver(): boolean {
    return this.#destroyRef.destroyed;
  }

  get<T>(store: Type<T>): T {
    const injector = this.#injectors.get(store) ?? this.#injectorOf(store);
    return injector.get(store);
  }

  #injectorOf(store: Type<unknown>): Injector {
    const injector = Injector.create({ providers: [store], parent: this.#injector });
    this.#injectors.set(store, injector);
    this.#destroyRef.onDestroy(() => {
      injector.destroy();
    });
    return injector;
  }
}
