import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { SessionStore } from '../session/session-store';
import { AccountStore } from './account-store';
import { SessionList } from './session-list';

describe('SessionList', () => {
  const status = signal('signed-in');
  const problem = signal('');

  beforeEach(() => {
    TestBed.configureTestingModule({
      providers: [
        { provide: SessionStore, useValue: { status } },
        { provide: AccountStore, useValue: { sessions: signal(undefined), problem } },
      ],
    });
  });

  it('shows that the sessions are loading only while they are', async () => {
    const fixture = TestBed.createComponent(SessionList);
    const isLoading = async (): Promise<boolean> => {
      await fixture.whenStable();
      return (fixture.nativeElement as HTMLElement).textContent.includes('Loading');
    };
    fixture.autoDetectChanges();
    expect(await isLoading()).toBe(true);
    problem.set('The server has a problem at the moment.');
    expect(await isLoading()).toBe(false);
    problem.set('');
    status.set('unavailable');
    expect(await isLoading()).toBe(false);
  });
});
