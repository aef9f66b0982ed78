import { locale } from './locale';

const SIZES = [
  [3600, 'hour'],
  [60, 'minute'],
] as const;

/** "30 seconds", "12 minutes", "5 hours": rounded up. */
export function formatDuration(seconds: number): string {
  const [size, unit] = SIZES.find(([size]) => seconds > 1.5 * size) ?? [1, 'second'];
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
  return format.format(Math.ceil(seconds / size));
}
