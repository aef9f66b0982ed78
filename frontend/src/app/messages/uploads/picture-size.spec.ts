import { budgetOf, encodingsOf, fitsUnchanged, roomBeside, scaledTo } from './picture-size';

const LIMITS = { maximum_count: 10, maximum_bytes: 5_000_000 };
/** Of 1,600 characters of four bytes. */
const TEXT_BYTES = 6_400;

describe('the size of pictures', () => {
  it('leaves room for the other pictures and for any text', () => {
    expect(roomBeside([], LIMITS)).toBe(5_000_000 - TEXT_BYTES);
    expect(roomBeside([600_000, 400_000], LIMITS)).toBe(4_000_000 - TEXT_BYTES);
    expect(roomBeside([5_000_000], LIMITS)).toBe(0);
  });

  it('shares the room, and needs no more than looks sharp', () => {
    expect(budgetOf(4_993_600, 1)).toBe(600_000);
    expect(budgetOf(4_993_600, 10)).toBe(499_360);
  });

  it('lets all pictures of a message fit, whatever their number', () => {
    for (let count = 1; count <= LIMITS.maximum_count; count += 1) {
      const bytes: number[] = [];
      for (let left = count; left > 0; left -= 1) {
        bytes.push(budgetOf(roomBeside(bytes, LIMITS), left));
      }
      const sum = bytes.reduce((total, each) => total + each, 0);
      expect(sum).toBeLessThanOrEqual(LIMITS.maximum_bytes - TEXT_BYTES);
    }
  });

  it('keeps a picture unchanged only if the others still have room', () => {
    expect(fitsUnchanged(4_000_000, 4_993_600, 1)).toBe(true);
    expect(fitsUnchanged(4_000_000, 4_993_600, 10)).toBe(true);
    expect(fitsUnchanged(4_800_000, 4_993_600, 10)).toBe(false);
  });

  it.each([
    ['large', { width: 4_000, height: 3_000 }, [1600, 1600, 1600, 1280, 1280, 1024, 800, 640, 480]],
    ['medium', { width: 900, height: 1_200 }, [1600, 1600, 1600, 1024, 800, 640, 480]],
    ['small', { width: 320, height: 240 }, [1600, 1600, 1600]],
  ])(
    'encodes a %s picture in ever smaller sizes, each smaller than itself',
    (_, size, expected) => {
      expect(encodingsOf(size).map(({ longest }) => longest)).toEqual(expected);
    },
  );

  it.each([
    [
      { width: 4_000, height: 3_000 },
      { width: 1_600, height: 1_200 },
    ],
    [
      { width: 300, height: 200 },
      { width: 300, height: 200 },
    ],
    [
      { width: 10_000, height: 2 },
      { width: 1_600, height: 1 },
    ],
  ])('scales in proportion, and never up', (size, expected) => {
    expect(scaledTo(size, 1_600)).toEqual(expected);
  });
});
