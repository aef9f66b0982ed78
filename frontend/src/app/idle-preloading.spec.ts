import { TestBed } from '@angular/core/testing';
import { Subject, of, throwError } from 'rxjs';
import { IdlePreloading } from './idle-preloading';

describe('IdlePreloading', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['after a while', () => vi.advanceTimersByTimeAsync(10_000)],
    ['once a key is pressed', () => dispatchEvent(new Event('keydown'))],
    ['once something is touched', () => dispatchEvent(new Event('pointerdown'))],
  ])('loads the other pages %s', async (_, begin) => {
    const preloading = TestBed.inject(IdlePreloading);
    const load = vi.fn(() => of(null));
    preloading.preload({}, load).subscribe();
    await vi.advanceTimersByTimeAsync(7999);
    expect(load).not.toHaveBeenCalled();
    await begin();
    await vi.advanceTimersByTimeAsync(0);
    expect(load).toHaveBeenCalledOnce();
  });

  it('loads one a moment after the other, also after one that fails', async () => {
    const preloading = TestBed.inject(IdlePreloading);
    const loads = [throwError(() => new Error()), new Subject(), of(null)].map((loaded) =>
      vi.fn(() => loaded),
    );
    const ended = vi.fn();
    for (const load of loads) preloading.preload({}, load).subscribe({ complete: ended });
    for (const count of [1, 2, 3]) {
      await vi.advanceTimersByTimeAsync(count === 1 ? 10_000 : 200);
      expect(loads.map(({ mock }) => mock.calls.length)).toEqual(
        [1, 2, 3].map((position) => (position <= count ? 1 : 0)),
      );
    }
    expect(ended).toHaveBeenCalledTimes(2);
  });
});
