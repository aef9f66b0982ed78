import { texts } from './texts';

/** The texts are English; of the English ways to write a date, the reader's own. */
export const locale = navigator.languages.find((language) => /^en\b/.test(language)) ?? 'en-GB';

const SIZES = [
  [3600, 'hour'],
  [60, 'minute'],
] as const;

const clock = new Intl.DateTimeFormat(locale, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const clockWithSeconds = new Intl.DateTimeFormat(locale, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short' });
const dayAndMonth = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
const shortDate = new Intl.DateTimeFormat(locale, { dateStyle: 'short' });
const day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
const longDay = new Intl.DateTimeFormat(locale, { dateStyle: 'full' });
const dateAndTime = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' });

export function timeOfDay(time: Date): string {
  return clock.format(time);
}

export function timeWithSeconds(time: Date): string {
  return clockWithSeconds.format(time);
}

/** "Today", "Yesterday", "Friday, 20 November", and with the year when it is another one. */
export function dayName(time: Date, now = new Date()): string {
  const ago = daysBetween(time, now);
  if (ago === 0) return texts.days.today;
  if (ago === 1) return texts.days.yesterday;
  return (time.getFullYear() === now.getFullYear() ? day : longDay).format(time);
}

/** As short as it can be said: the hour today, the weekday this week, else the date. */
export function shortTime(time: Date, now = new Date()): string {
  const ago = daysBetween(time, now);
  if (ago <= 0) return timeOfDay(time);
  if (ago < 7) return weekday.format(time);
  return (time.getFullYear() === now.getFullYear() ? dayAndMonth : shortDate).format(time);
}

/** "30 seconds", "12 minutes", "5 hours": never less than it is. */
export function durationOf(seconds: number): string {
  const [size, unit] = SIZES.find(([size]) => seconds > 1.5 * size) ?? [1, 'second'];
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
  return format.format(Math.ceil(seconds / size));
}

export function fullTime(time: Date): string {
  return dateAndTime.format(time);
}

export function daysBetween(earlier: Date, later: Date): number {
  const midnight = (time: Date): number =>
    Date.UTC(time.getFullYear(), time.getMonth(), time.getDate());
  return Math.round((midnight(later) - midnight(earlier)) / 86_400_000);
}
