import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { SessionStore } from '../session/session-store';
import { stillLoading } from './still-loading';

describe('stillLoading', () => {
  it('lasts until there is something, or a problem, or no session to load it with', () => {
    const loaded = signal<string | undefined>(undefined);
    const problem = signal('');
    const status = signal('signed-in');
    TestBed.configureTestingModule({
      providers: [{ provide: SessionStore, useValue: { status } }],
    });
    const { isLoading, waitsForSession } = TestBed.runInInjectionContext(() =>
      stillLoading(loaded, problem),
    );
    expect(isLoading()).toBe(true);
    expect(waitsForSession()).toBe(false);
    status.set('unavailable');
    expect(isLoading()).toBe(false);
    expect(waitsForSession()).toBe(true);
    status.set('loading');
    expect(isLoading()).toBe(true);
    expect(waitsForSession()).toBe(false);
    problem.set('The server has a problem at the moment.');
    expect(isLoading()).toBe(false);
    expect(waitsForSession()).toBe(false);
    problem.set('');
    loaded.set('');
    expect(isLoading()).toBe(false);
    expect(waitsForSession()).toBe(false);
  });
});
