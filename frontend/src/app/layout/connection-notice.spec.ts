import { HttpErrorResponse } from '@angular/common/http';
import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { Poll } from '../api/poll';
import { Problem, toProblem } from '../api/problem';
import { SessionStore } from '../session/session-store';
import { ConnectionState, ConnectionStatusStore } from '../ui/connection-status-store';
import { ConnectionNotice } from './connection-notice';

describe('ConnectionNotice', () => {
  const state = signal<ConnectionState>('connecting');
  const problem = signal<Problem | undefined>(undefined);
  const lastUpdated = signal<Date | undefined>(undefined);
  const sessionStatus = signal('signed-in');
  const retrySession = vi.fn();
  const pollNow = vi.fn();

  beforeEach(() => {
    problem.set(undefined);
    lastUpdated.set(undefined);
    sessionStatus.set('signed-in');
    vi.clearAllMocks();
  });

  function create(waiting = 0) {
    TestBed.configureTestingModule({
      providers: [
        { provide: Poll, useValue: { now: pollNow } },
        {
          provide: SessionStore,
          useValue: { problem, status: sessionStatus, retry: retrySession },
        },
        {
          provide: ConnectionStatusStore,
          useValue: { status: () => ({ state: state(), lastUpdated: lastUpdated(), reason: '' }) },
        },
      ],
    });
    const fixture = TestBed.createComponent(ConnectionNotice);
    fixture.componentRef.setInput('waiting', waiting);
    fixture.autoDetectChanges();
    const notice = fixture.nativeElement as HTMLElement;
    const status = notice.querySelector('[role=status]');
    return { notice, said: () => status?.textContent.replace(/\s+/g, ' ').trim(), status, fixture };
  }

  it.each([
    ['connecting', 'Connecting…'],
    ['up-to-date', 'Up to date'],
    ['reconnecting', 'Reconnecting…'],
  ] as const)('while it is %s, only screen readers have "%s"', (now, words) => {
    state.set(now);
    const { notice, said, status } = create(2);
    expect(said()).toBe(words);
    expect(status?.classList).toContain('visually-hidden');
    expect(notice.classList).not.toContain('connection-notice');
  });

  it.each([
    [0, "You're offline."],
    [1, "You're offline. 1 text waits here and goes out when the connection is back."],
    [2, "You're offline. 2 texts wait here and go out in order when the connection is back."],
  ])('offline with %i waiting, says what becomes of them', (waiting, words) => {
    state.set('offline');
    const { notice, said, status } = create(waiting);
    expect(said()).toBe(words);
    expect(status?.classList).not.toContain('visually-hidden');
    expect(notice.classList).toContain('connection-notice');
  });

  it('says when the page was up to date, also while the session cannot be renewed', () => {
    state.set('failing');
    problem.set(toProblem(new HttpErrorResponse({ status: 0 })));
    lastUpdated.set(new Date(2026, 10, 28, 15, 30, 11));
    expect(create().said()).toMatch(/You stay signed in\. Retrying… Last updated .*30:11/);
  });

  it('tries again when the user asks for it, but not without a network', () => {
    const retry = (): HTMLButtonElement | null => create().notice.querySelector('button');
    state.set('offline');
    expect(retry()).toBeNull();
    TestBed.resetTestingModule();
    state.set('failing');
    retry()?.click();
    expect(pollNow).toHaveBeenCalledOnce();
    TestBed.resetTestingModule();
    sessionStatus.set('unavailable');
    retry()?.click();
    expect(retrySession).toHaveBeenCalledOnce();
    expect(pollNow).toHaveBeenCalledOnce();
    // The browser may be wrong about the network.
    TestBed.resetTestingModule();
    state.set('offline');
    retry()?.click();
    expect(retrySession).toHaveBeenCalledTimes(2);
  });

  it('announces in one element that never goes away', async () => {
    state.set('offline');
    const { said, status, fixture } = create();
    state.set('up-to-date');
    await fixture.whenStable();
    expect(said()).toBe('Up to date');
    expect(status?.isConnected).toBe(true);
  });
});
