/** How a text is sent: its encoding decides into how many SMS it is split. */
export interface SmsSegments {
  readonly encoding: 'GSM-7' | 'UCS-2';
  /** In code points. */
  readonly characters: number;
  readonly segments: number;
  /** How many more septets, or units of UTF-16, the last segment takes. */
  readonly left: number;
  /** The characters that GSM-7 does not have, each once. */
  readonly nonGsmCharacters: readonly string[];
}

// GSM 03.38, the default alphabet and its extension.
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Two septets each. */
const EXTENSION = new Set('^{}\\[~]|€\f');

export function countSegments(text: string): SmsSegments {
  const characters = Array.from(text);
  const nonGsmCharacters = [
    ...new Set(characters.filter((c) => !BASIC.has(c) && !EXTENSION.has(c))),
  ];
  const isGsm = nonGsmCharacters.length === 0;
  const units = characters.map((c) => (isGsm ? (EXTENSION.has(c) ? 2 : 1) : c.length));
  return {
    encoding: isGsm ? 'GSM-7' : 'UCS-2',
    characters: characters.length,
    ...(isGsm ? split(units, 160, 153) : split(units, 70, 67)),
    nonGsmCharacters,
  };
}

/** The words that have characters that GSM-7 does not have, each once. */
export function nonGsmWords(text: string): readonly string[] {
  const words = text.split(/[ \n\r\f]+/);
  return [...new Set(words.filter((word) => countSegments(word).encoding === 'UCS-2'))];
}

/** A character of two units is never split across segments. */
function split(
  units: readonly number[],
  single: number,
  concatenated: number,
): Pick<SmsSegments, 'segments' | 'left'> {
  const total = units.reduce((sum, unit) => sum + unit, 0);
  if (total <= single) return { segments: total === 0 ? 0 : 1, left: single - total };
  let segments = 1;
  let used = 0;
  for (const unit of units) {
    if (used + unit > concatenated) {
      segments += 1;
      used = 0;
    }
    used += unit;
  }
  return { segments, left: concatenated - used };
}
