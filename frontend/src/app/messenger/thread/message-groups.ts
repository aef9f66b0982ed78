import { Message } from '../../api/models';
import { dayName } from '../../i18n/formats';

/** So many messages are drawn together, or not at all while they are out of sight. */
export const GROUP_SIZE = 25;

/** Messages that follow each other. */
export interface Group {
  /** Its oldest message. */
  readonly key: string;
  /** Oldest first, as they are read. */
  readonly rows: readonly Row[];
}

export interface Row {
  readonly message: Message;
  /** The name of the day that begins here. */
  readonly day: string | undefined;
  /** There is a newer message that repeats this one. */
  readonly isRetried: boolean;
}

/**
 * Messages (newest first) in groups, as they are read. Where groups began before, they begin again: what
 * is new joins the last one, earlier messages make groups of their own, and those that are as they were
 * stay the same objects, so that nothing is drawn again for them.
 */
export function toGroups(
  messages: readonly Message[],
  today: Date,
  before: readonly Group[] = [],
): Group[] {
  const known = new Map(before.map((group) => [group.key, group]));
  const retried = new Set(messages.flatMap(({ retry_of }) => retry_of ?? []));
  const dayOf = days(today);
  const groups: { key: string; rows: Row[] }[] = [];
  for (const message of messages.toReversed()) {
    const { _id } = message;
    let group = groups.at(-1);
    if (!group || group.rows.length >= GROUP_SIZE || known.has(_id)) {
      group = { key: _id, rows: [] };
      groups.push(group);
    }
    group.rows.push({ message, day: dayOf(message), isRetried: retried.has(_id) });
  }
  return groups.map((group) => {
    const same = known.get(group.key);
    return same && isSame(same, group) ? same : group;
  });
}

/** Told of messages in the order in which they are read, it names the days with which they begin. */
function days(today: Date): (message: Message) => string | undefined {
  let start = Number.NaN;
  let end = Number.NaN;
  return ({ created_at }) => {
    const at = Date.parse(created_at);
    if (at >= start && at < end) return undefined;
    const midnight = new Date(at);
    start = midnight.setHours(0, 0, 0, 0);
    end = new Date(at).setHours(24, 0, 0, 0);
    return dayName(midnight, today);
  };
}

function isSame(one: Group, other: Group): boolean {
  return (
    one.rows.length === other.rows.length &&
    one.rows.every((row, place) => {
      const its = other.rows[place];
      return row.message === its?.message && row.day === its.day && row.isRetried === its.isRetried;
    })
  );
}
