import { Message } from '../api/models';
import { dayName } from '../i18n/formats';

/** Rows of one day that the browser lays out together, or not at all while they are out of sight. */
export interface LogGroup {
  readonly key: string;
  /** The name of the day, if the group begins it. */
  readonly day: string;
  readonly messages: readonly Message[];
}

const MOST_ROWS_OF_GROUP = 50;

/**
 * Newest first. A message stays in the group of `before` in which it was, wherever others are added, because a row that
 * changes its group is rendered anew and loses the focus.
 */
export function groupByDay(
  messages: readonly Message[],
  today: Date,
  before: readonly LogGroup[] = [],
): readonly LogGroup[] {
  const keys = new Map(
    before.flatMap(({ key, messages }) => messages.map(({ _id }) => [_id, key] as const)),
  );
  const counts = new Map<string, number>();
  for (const { _id } of messages) count(counts, keys.get(_id), 1);

  const groups: { key: string; day: string; messages: Message[] }[] = [];
  // From the oldest on, so that new messages are added to the newest group.
  for (const message of messages.toReversed()) {
    const day = new Date(message.created_at).toDateString();
    const key = keys.get(message._id);
    let group = groups.at(-1);
    // A group of which more is to come takes what lies between, however long it gets.
    const isOpen =
      group && (group.messages.length < MOST_ROWS_OF_GROUP || (counts.get(group.key) ?? 0) > 0);
    if (group?.day !== day || (key === undefined ? !isOpen : key !== group.key)) {
      group = { key: key ?? message._id, day, messages: [] };
      groups.push(group);
    }
    group.messages.unshift(message);
    count(counts, key, -1);
  }
  groups.reverse();
  return groups.map(({ key, day, messages }, index) => ({
    key,
    day: day === groups[index - 1]?.day ? '' : dayName(new Date(day), today),
    messages,
  }));
}

function count(counts: Map<string, number>, key: string | undefined, change: number): void {
  if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + change);
}
