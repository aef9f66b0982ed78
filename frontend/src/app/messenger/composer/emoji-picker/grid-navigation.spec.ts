import { cellAfter } from './grid-navigation';

/**
 *  0 1 2
 *  3
 *
 *  4 5
 *
 *  6 7 8
 *  9 10
 */
const SIZES = [4, 2, 5];

describe('cellAfter', () => {
  it.each([
    ['ArrowRight', 0, 1],
    ['ArrowRight', 3, 4],
    ['ArrowRight', 10, 10],
    ['ArrowLeft', 4, 3],
    ['ArrowLeft', 0, 0],
    ['ArrowDown', 0, 3],
    ['ArrowDown', 2, 3],
    ['ArrowDown', 3, 4],
    ['ArrowDown', 5, 7],
    ['ArrowDown', 8, 10],
    ['ArrowDown', 9, 9],
    ['ArrowUp', 10, 7],
    ['ArrowUp', 8, 5],
    ['ArrowUp', 5, 3],
    ['ArrowUp', 3, 0],
    ['ArrowUp', 1, undefined],
    ['Home', 8, 6],
    ['End', 6, 8],
    ['End', 3, 3],
    ['Enter', 3, undefined],
  ])('%s leads from %i to %s', (key, from, to) => {
    expect(cellAfter(key, from, SIZES, 3)).toBe(to);
  });

  it('leads nowhere where there is nothing', () => {
    expect(cellAfter('ArrowDown', 0, [], 3)).toBeUndefined();
  });
});
