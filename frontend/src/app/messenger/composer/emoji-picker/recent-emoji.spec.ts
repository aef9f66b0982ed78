import { TestBed } from '@angular/core/testing';
import { SessionRepository } from '../../../session/session-repository';
import { SessionStore } from '../../../session/session-store';
import { RecentEmoji } from './recent-emoji';

const user = { id: 'ada', email: 'ada@example.com' };

describe('RecentEmoji', () => {
  const recent = () => TestBed.inject(RecentEmoji);

  beforeEach(() => {
    vi.useFakeTimers();
    localStorage.clear();
    TestBed.configureTestingModule({
      providers: [RecentEmoji, { provide: SessionStore, useValue: { user: () => user } }],
    });
    TestBed.inject(SessionRepository).write({ refreshToken: 'r', user });
  });

  afterEach(() => {
    vi.useRealTimers();
    localStorage.clear();
  });

  it('has each once, the latest first, also those of another tab', () => {
    for (const characters of ['👍', '❤️', '🙂', '👍']) choose(characters);
    localStorage.setItem('mysms.emoji.ada.🎉', JSON.stringify(Date.now() + 1));
    expect(recent().read()).toEqual(['🎉', '👍', '🙂', '❤️']);
  });

  it('forgets the oldest', () => {
    const many = Array.from({ length: 20 }, (_, index) => String.fromCodePoint(0x1f600 + index));
    for (const characters of many) choose(characters);
    expect(recent().read()).toEqual(many.reverse().slice(0, 16));
    expect(Object.keys(localStorage).filter((key) => key.startsWith('mysms.emoji'))).toHaveLength(
      16,
    );
  });

  it('is erased with everything that this browser has stored for the user', () => {
    choose('👍');
    localStorage.setItem('mysms.emoji.ada.🙃', '"not a time"');
    expect(recent().read()).toEqual(['👍']);
    TestBed.inject(SessionRepository).erase('ada');
    expect(recent().read()).toEqual([]);
  });

  function choose(characters: string): void {
    vi.advanceTimersByTime(1);
    recent().add(characters);
  }
});
