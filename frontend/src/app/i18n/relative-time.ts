import { daysBetween } from './formats';
import { locale } from './locale';
import { whenNeeded } from './when-needed';

const relative = whenNeeded(() => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
const longDate = whenNeeded(() => new Intl.DateTimeFormat(locale, { dateStyle: 'long' }));

/** "5 minutes ago", "yesterday", and "now" within the first minute. */
export function relativeTime(time: Date, now = new Date()): string {
  const seconds = Math.max(0, now.getTime() - time.getTime()) / 1000;
  if (seconds < 60) return relative().format(0, 'second');
  if (seconds < 3600) return relative().format(-Math.floor(seconds / 60), 'minute');
  const days = daysBetween(time, now);
  return days === 0
    ? relative().format(-Math.floor(seconds / 3600), 'hour')
    : relative().format(-days, 'day');
}

export function formatDate(time: Date): string {
  return longDate().format(time);
}
