import { DestroyRef, Injectable, inject } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { UserScope } from './user-scope';

@Injectable()
class Store {
  isEnded = false;

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      this.isEnded = true;
    });
  }
}

describe('UserScope', () => {
  it('keeps one store of each kind, until the user has signed out', () => {
    TestBed.configureTestingModule({ providers: [UserScope] });
    const scope = TestBed.inject(UserScope);
    const store = scope.get(Store);
    expect(scope.get(Store)).toBe(store);
    expect(store.isEnded).toBe(false);
    TestBed.resetTestingModule();
    expect(store.isEnded).toBe(true);
  });
});
