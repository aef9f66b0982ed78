import { OPENS_AT_PX, canBeginAt, courseOf, pullOf } from './swipe-course';

const START = { x: 200, y: 300, at: 1_000 };
const after = (x: number, y: number, ms = 100) => ({ x: 200 + x, y: 300 + y, at: 1_000 + ms });

describe('courseOf', () => {
  it.each([
    ['a finger that rests', after(-4, 4), undefined],
    ['a finger that rests for long', after(-4, 4, 5_000), undefined],
    ['to the left', after(-12, 3), 'swipe'],
    ['to the left, and somewhat down', after(-20, 9), 'swipe'],
    ['to the left, and as much down', after(-20, 20), 'other'],
    ['down', after(0, 12), 'other'],
    ['up', after(-3, -30), 'other'],
    ['to the right', after(20, 0), 'other'],
    ['to the left after a long press', after(-20, 0, 500), 'other'],
  ])('%s', (_, now, course) => {
    expect(courseOf(START, now)).toBe(course);
  });
});

describe('canBeginAt', () => {
  it.each([
    [0, false],
    [23, false],
    [24, true],
    [366, true],
    [367, false],
    [390, false],
  ])('%i px of 390', (x, can) => {
    expect(canBeginAt(x, 390)).toBe(can);
  });
});

describe('pullOf', () => {
  it('is with the finger up to where it opens, then behind it, and ends', () => {
    expect([-30, 0, 20, OPENS_AT_PX].map(pullOf)).toEqual([0, 0, 20, OPENS_AT_PX]);
    expect(pullOf(OPENS_AT_PX + 30)).toBe(OPENS_AT_PX + 10);
    expect(pullOf(1_000)).toBe(pullOf(500));
  });
});
