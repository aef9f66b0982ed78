import { Sending } from '../../api/models';
import { MAX_CONTENT_LENGTH } from '../drafts/compose-form';

/** What the pictures of one message may have. */
export type PictureLimits = NonNullable<Sending['pictures']>;

/** One way to encode a picture: its longest side in pixels, and the quality of the JPEG. */
export interface Encoding {
  readonly longest: number;
  readonly quality: number;
}

/** A picture of this size looks sharp on a phone. */
const WANTED_BYTES = 600_000;
/** What a picture may need at least. */
const LEAST_BYTES = 40_000;
const LONGEST_CHARACTER_BYTES = 4;

/** The best one first. */
const ENCODINGS: readonly Encoding[] = [
  { longest: 1600, quality: 0.85 },
  { longest: 1600, quality: 0.75 },
  { longest: 1600, quality: 0.6 },
  { longest: 1280, quality: 0.7 },
  { longest: 1280, quality: 0.55 },
  { longest: 1024, quality: 0.6 },
  { longest: 800, quality: 0.6 },
  { longest: 640, quality: 0.5 },
  { longest: 480, quality: 0.4 },
];

/** How many bytes are left beside these pictures and any text. */
export function roomBeside(bytes: readonly number[], { maximum_bytes }: PictureLimits): number {
  const text = LONGEST_CHARACTER_BYTES * MAX_CONTENT_LENGTH;
  return Math.max(0, maximum_bytes - text - bytes.reduce((sum, each) => sum + each, 0));
}

/** How large one of so many pictures may be that are to share this room. */
export function budgetOf(room: number, count: number): number {
  return Math.min(WANTED_BYTES, Math.floor(room / count));
}

/** Whether a picture that stays as it is leaves room for the others. */
export function fitsUnchanged(bytes: number, room: number, count: number): boolean {
  return bytes <= room - (count - 1) * LEAST_BYTES;
}

/** Those that are worth trying. */
export function encodingsOf({ width, height }: Size): readonly Encoding[] {
  const longest = Math.max(width, height);
  // A smaller picture is encoded in its own size by the first of them.
  const first = ENCODINGS.find((encoding) => encoding.longest < longest)?.longest ?? 0;
  return ENCODINGS.filter((each) => each.longest <= first || each.longest === 1600);
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** In the same proportions, and never larger. */
export function scaledTo({ width, height }: Size, longest: number): Size {
  const scale = Math.min(1, longest / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}
