import { Page } from '@playwright/test';

const UNITS_PER_EM = 1000;
const ASCENT = 950;
const DESCENT = -250;
/** About as wide as the letters of most fonts. */
const WIDTH = 530;
const BAR_HEIGHT = 500;

const BLANK = 1;
const BAR = 2;
const NOTHING = 3;

/** From this character on, until the next one. */
const GLYPHS: readonly (readonly [firstCharacter: number, glyph: number])[] = [
  [0x20, BLANK],
  [0x21, BAR],
  [0xa0, BLANK],
  [0xa1, BAR],
  [0x2000, BLANK],
  [0x200b, NOTHING],
  [0x2010, BAR],
  [0x2028, NOTHING],
  [0x202f, BLANK],
  [0x2030, BAR],
  [0x2060, NOTHING],
  [0x2070, BAR],
  [0xfe00, NOTHING],
  [0xfe10, BAR],
];
const LAST_CHARACTER = 0x10ffff;

/**
 * From the next load on, every letter is a bar of one size. Words keep their colours and their place, and are the same in
 * every browser, whatever fonts the machine has.
 */
export async function writeInBars(page: Page): Promise<void> {
  await page.addInitScript((font) => {
    const bytes = Uint8Array.from(atob(font), (character) => character.charCodeAt(0));
    document.fonts.add(new FontFace('Bars', bytes));
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('*, ::before, ::after, ::placeholder { font-family: Bars !important }');
    document.adoptedStyleSheets.push(sheet);
  }, barFont().toString('base64'));
}

/** A TrueType font. Browsers do not look at its checksums. */
function barFont(): Buffer {
  const outline = barOutline();
  const tables: Readonly<Record<string, Buffer>> = {
    'OS/2': Buffer.concat([
      u16(4, WIDTH, 400, 5, 0, ...Array<number>(11).fill(0)),
      Buffer.alloc(10 + 16 + 4),
      u16(0x40, 0x20, 0xffff, ASCENT, DESCENT, 0, ASCENT, -DESCENT),
      u32(0, 0),
      u16(BAR_HEIGHT, BAR_HEIGHT, 0, 0x20, 1),
    ]),
    cmap: characterMap(),
    glyf: outline,
    head: Buffer.concat([
      u32(0x10000, 0x10000, 0, 0x5f0f3cf5),
      u16(3, UNITS_PER_EM),
      Buffer.alloc(16),
      u16(0, 0, WIDTH, BAR_HEIGHT, 0, 8, 2, 0, 0),
    ]),
    hhea: Buffer.concat([
      u32(0x10000),
      u16(ASCENT, DESCENT, 0, WIDTH, 0, 0, WIDTH, 1, 0, 0, 0, 0, 0, 0, 0, 4),
    ]),
    hmtx: u16(WIDTH, 0, WIDTH, 0, WIDTH, 0, 0, 0),
    loca: u16(0, 0, 0, outline.length / 2, outline.length / 2),
    maxp: Buffer.concat([u32(0x10000), u16(4, 4, 1, 0, 0, 2), Buffer.alloc(16)]),
    name: u16(0, 0, 6),
    post: Buffer.concat([u32(0x30000, 0), u16(-100, 50), u32(0, 0, 0, 0, 0)]),
  };
  const parts = Object.entries(tables);
  const directory: Buffer[] = [u32(0x10000), u16(parts.length, 128, 3, parts.length * 16 - 128)];
  const contents: Buffer[] = [];
  let offset = 12 + parts.length * 16;
  for (const [tag, table] of parts) {
    directory.push(Buffer.from(tag), u32(0, offset, table.length));
    const padded = Buffer.concat([table, Buffer.alloc(-table.length & 3)]);
    contents.push(padded);
    offset += padded.length;
  }
  return Buffer.concat([...directory, ...contents]);
}

/** Format 13, in which many characters share a glyph. */
function characterMap(): Buffer {
  const groups = GLYPHS.flatMap(([first, glyph], index) => {
    const last = (GLYPHS[index + 1]?.[0] ?? LAST_CHARACTER + 1) - 1;
    return [first, last, glyph];
  });
  const subtable = Buffer.concat([
    u16(13, 0),
    u32(16 + 4 * groups.length, 0, GLYPHS.length),
    u32(...groups),
  ]);
  return Buffer.concat([u16(0, 1, 3, 10), u32(12), subtable]);
}

/** From corner to corner, by steps to the right and up. */
function barOutline(): Buffer {
  const [right, up] = [
    [0, 0, WIDTH, 0],
    [0, BAR_HEIGHT, 0, -BAR_HEIGHT],
  ] as const;
  const onCurve = Buffer.alloc(4, 1);
  const glyph = [u16(1, 0, 0, WIDTH, BAR_HEIGHT, 3, 0), onCurve, u16(...right), u16(...up)];
  return Buffer.concat([...glyph, Buffer.alloc(2)]);
}

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => bytes.writeUInt16BE(value & 0xffff, 2 * index));
  return bytes;
}

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}
