import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { FormControl } from '@angular/forms';
import { Subject } from 'rxjs';
import { SessionStore } from '../session/session-store';
import { typedEmailControl } from './typed-email';

describe('typedEmailControl', () => {
  const user = signal<{ email: string } | undefined>(undefined);
  let statusChanges: Subject<string>;

  beforeEach(() => {
    user.set(undefined);
    statusChanges = new Subject();
    TestBed.configureTestingModule({
      providers: [{ provide: SessionStore, useValue: { user, statusChanges } }],
    });
  });

  it('begins with what was typed on the page before, and forgets it once a user signs in', () => {
    control().setValue('ada@example');
    expect(control().value).toBe('ada@example');
    statusChanges.next('signed-out');
    expect(control().value).toBe('ada@example');
    statusChanges.next('signed-in');
    expect(control().value).toBe('');
  });

  it('begins with the email of a user', () => {
    user.set({ email: 'ada@example.com' });
    expect(control().value).toBe('ada@example.com');
  });

  function control(): FormControl<string> {
    return TestBed.runInInjectionContext(() => typedEmailControl());
  }
});
