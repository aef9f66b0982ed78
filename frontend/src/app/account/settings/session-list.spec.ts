import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { BehaviorSubject } from 'rxjs';
import { Session } from '../../api/models';
import { SessionStore } from '../../session/session-store';
import { AccountStore } from '../account-store';
import { SessionList } from './session-list';

describe('SessionList', () => {
  const status = signal('signed-in');
  const problem = signal('');
  const sessions = signal<readonly Session[] | undefined>(undefined);

  const statusChanges = new BehaviorSubject('signed-in');
  const load = vi.fn();

  beforeEach(() => {
    load.mockReset();
    TestBed.configureTestingModule({
      providers: [
        { provide: SessionStore, useValue: { status, statusChanges } },
        { provide: AccountStore, useValue: { sessions, problem, load } },
      ],
    });
  });

  it('loads the sessions whenever it is shown and there are tokens', () => {
    TestBed.createComponent(SessionList);
    expect(load).toHaveBeenCalledTimes(1);
    TestBed.createComponent(SessionList);
    expect(load).toHaveBeenCalledTimes(2);
    statusChanges.next('unavailable');
    expect(load).toHaveBeenCalledTimes(2);
    statusChanges.next('signed-in');
    expect(load).toHaveBeenCalledTimes(4);
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
    status.set('signed-in');
    sessions.set([]);
    expect(await isLoading()).toBe(false);
  });

  it('has this device on top, and the time of day of each sign-in', async () => {
    const session = (id: string, current: boolean) => ({
      _id: id,
      device: `Device ${id}`,
      current,
      created_at: '2026-11-20T16:05:00',
      last_used_at: '2026-11-20T16:05:00',
    });
    sessions.set([session('1', false), session('2', true)]);
    const fixture = TestBed.createComponent(SessionList);
    fixture.autoDetectChanges();
    await fixture.whenStable();
    const rows = [...(fixture.nativeElement as HTMLElement).querySelectorAll('li')];
    expect(rows[0]?.textContent).toContain('Device 2');
    expect(rows[1]?.textContent).toContain('Device 1');
    expect(rows[0]?.textContent).toMatch(/Signed in on .*\b(4:05|16:05)/);
  });
});
