import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { SessionStore } from '../session/session-store';
import { stillLoading } from './still-loading';

describe('stillLoading', () => {
  it('is true until there is something, or a problem, or no session to load it with', () => {
    const loaded = signal<string | undefined>(undefined);
    const problem = signal('');
    const status = signal('signed-in');
    TestBed.configureTestingModule({
      providers: [{ provide: SessionStore, useValue: { status } }],
    });
    const isLoading = TestBed.runInInjectionContext(() => stillLoading(loaded, problem));
    expect(isLoading()).toBe(true);
    status.set('unavailable');
    expect(isLoading()).toBe(false);
    status.set('loading');
    expect(isLoading()).toBe(true);
    problem.set('The server has a problem at the moment.');
    expect(isLoading()).toBe(false);
    problem.set('');
    loaded.set('');
    expect(isLoading()).toBe(false);
  });
});
