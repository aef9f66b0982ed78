import { locale } from './locale';
import { whenNeeded } from './when-needed';

const DAYS = { today: 'Today', yesterday: 'Yesterday' };

// With twelve or twenty-four hours, as the locale has it.
const clock = whenNeeded(() => new Intl.DateTimeFormat(locale, { timeStyle: 'short' }));
const clockWithSeconds = whenNeeded(() => new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }));
const weekday = whenNeeded(() => new Intl.DateTimeFormat(locale, { weekday: 'short' }));
const dayAndMonth = whenNeeded(
  () => new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' }),
);
const shortDate = whenNeeded(() => new Intl.DateTimeFormat(locale, { dateStyle: 'short' }));
const day = whenNeeded(
  () => new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' }),
);
const longDay = whenNeeded(() => new Intl.DateTimeFormat(locale, { dateStyle: 'full' }));
const shorterDateAndTime = whenNeeded(
  () =>
    new Intl.DateTimeFormat(locale, {
      dateStyle: 'long',
      timeStyle: 'short',
    }),
);
const dateAndTime = whenNeeded(
  () => new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }),
);

const plain = whenNeeded(() => new Intl.NumberFormat(locale));

/** "12,345". */
export function wholeNumber(count: number): string {
  return plain().format(count);
}

export function timeOfDay(time: Date): string {
  return clock().format(time);
}

export function timeWithSeconds(time: Date): string {
  return clockWithSeconds().format(time);
}

/** "Today", "Yesterday", "Friday, 20 November", and with the year if it is not this one. */
export function dayName(time: Date, now = new Date()): string {
  const ago = daysBetween(time, now);
  if (ago === 0) return DAYS.today;
  if (ago === 1) return DAYS.yesterday;
  return (time.getFullYear() === now.getFullYear() ? day : longDay)().format(time);
}

/** The shortest form: the time today, the weekday within a week, else the date. */
export function shortTime(time: Date, now = new Date()): string {
  const ago = daysBetween(time, now);
  if (ago <= 0) return timeOfDay(time);
  if (ago < 7) return weekday().format(time);
  return (time.getFullYear() === now.getFullYear() ? dayAndMonth : shortDate)().format(time);
}

/** "20 November 2026 at 16:05". */
export function shortDateAndTime(time: Date): string {
  return shorterDateAndTime().format(time);
}

export function fullTime(time: Date): string {
  return dateAndTime().format(time);
}

export function daysBetween(earlier: Date, later: Date): number {
  const midnight = (time: Date): number =>
    Date.UTC(time.getFullYear(), time.getMonth(), time.getDate());
  return Math.round((midnight(later) - midnight(earlier)) / 86_400_000);
}
