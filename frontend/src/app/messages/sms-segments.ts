/** How a text travels: its encoding decides how many segments the carrier counts. */
export interface Segmentation {
  readonly encoding: 'GSM-7' | 'UCS-2';
  /** As a person counts them. */
  readonly characters: number;
  readonly segments: number;
  /** The characters that do not fit into GSM-7, each once. */
  readonly culprits: readonly string[];
}

const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Two septets each. */
const EXTENSION = new Set('^{}\\[~]|€\f');

export function segment(text: string): Segmentation {
  const codePoints = Array.from(text);
  const culprits = [...new Set(codePoints.filter((c) => !BASIC.has(c) && !EXTENSION.has(c)))];
  return culprits.length === 0
    ? {
        encoding: 'GSM-7',
        characters: codePoints.length,
        segments: count(
          codePoints.map((c) => (EXTENSION.has(c) ? 2 : 1)),
          160,
          153,
        ),
        culprits,
      }
    : {
        encoding: 'UCS-2',
        characters: codePoints.length,
        segments: count(
          codePoints.map((c) => c.length),
          70,
          67,
        ),
        culprits,
      };
}

/** A character of two units is never split across segments. */
function count(units: readonly number[], single: number, concatenated: number): number {
  const total = units.reduce((sum, unit) => sum + unit, 0);
  if (total <= single) return total === 0 ? 0 : 1;
  let segments = 1;
  let used = 0;
  for (const unit of units) {
    if (used + unit > concatenated) {
      segments += 1;
      used = 0;
    }
    used += unit;
  }
  return segments;
}
