import { Message } from '../../api/models';

const MINUTE_MS = 60_000;
/** The way of a message, in this order. Every other status has words or buttons of its own at its message. */
const PROGRESS = ['accepted', 'queued', 'sending', 'sent', 'delivered', 'read'];

/** Whether one line can give the time and the status of both: the same side, the same minute, and nothing to explain. */
export function canShareLine(one: Message, other: Message): boolean {
  return (
    one.direction === other.direction &&
    minuteOf(one) === minuteOf(other) &&
    [one, other].every(({ direction, status }) =>
      direction === 'inbound' ? true : PROGRESS.includes(status),
    )
  );
}

/** What is true of both: one that is delivered has been sent as well. */
export function leastAdvanced(one: string, other: string): string {
  return PROGRESS.indexOf(one) < PROGRESS.indexOf(other) ? one : other;
}

function minuteOf({ created_at }: Message): number {
  return Math.floor(Date.parse(created_at) / MINUTE_MS);
}
