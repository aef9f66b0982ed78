import { Message } from '../api/models';
import { dayName } from '../i18n/formats';

/** Rows of one day that the browser lays out together, or not at all while they are out of sight. */
export interface LogGroup {
  readonly key: string;
  /** The name of the day, if the group begins it. */
  readonly day: string;
  readonly messages: readonly Message[];
}

const MOST_ROWS = 50;

/** Newest first. */
export function groupByDay(messages: readonly Message[], today: Date): readonly LogGroup[] {
  const groups: { key: string; day: string; messages: Message[] }[] = [];
  let last = '';
  for (const message of messages) {
    const time = new Date(message.created_at);
    const day = time.toDateString();
    const group = groups.at(-1);
    if (group && day === last && group.messages.length < MOST_ROWS) {
      group.messages.push(message);
      continue;
    }
    // By its last day and place, so that a new message leaves the other groups as they are.
    groups.push({
      key: message._id,
      day: day === last ? '' : dayName(time, today),
      messages: [message],
    });
    last = day;
  }
  return groups;
}
