import { Message } from '../../api/models';
import { dayName } from '../../i18n/formats';
import { canShareLine, leastAdvanced } from './message-runs';

/** The number of messages that are rendered together, or skipped together while they are out of sight. */
export const GROUP_SIZE = 25;

/** Consecutive messages. */
export interface Group {
  /** The id of its oldest message, or of one that is not loaded any more. */
  readonly key: string;
  /** Oldest first. */
  readonly rows: readonly MessageRow[];
}

export interface MessageRow {
  readonly message: Message;
  /** The name of the day, if this is its first message. */
  readonly day: string | undefined;
  /** It was the first unread one when the conversation was opened. */
  readonly isFirstUnread: boolean;
  /** A newer message repeats this one. */
  readonly isRetried: boolean;
  /** It belongs to one run with the message before it. */
  readonly isJoined: boolean;
  /** If it ends its run: the status that each message of the run has reached. */
  readonly runStatus: string | undefined;
}

/**
 * Groups messages (newest first) in the order of reading. Groups begin where they began before: new messages join the last
 * group, earlier messages form groups of their own, a group stays the same one if its oldest messages are gone, and
 * unchanged groups stay the same objects, so that they are not rendered again.
 */
export function toGroups(
  messages: readonly Message[],
  today: Date,
  before: readonly Group[] = [],
  firstUnread?: string,
): Group[] {
  const known = new Map(before.map((group) => [group.key, group]));
  const oldest = messages.at(-1)?._id;
  const firstKey = before.find(({ rows }) =>
    rows.some(({ message }) => message._id === oldest),
  )?.key;
  const groups: { key: string; rows: MessageRow[] }[] = [];
  for (const row of toRows(messages, today, firstUnread)) {
    const { _id } = row.message;
    let group = groups.at(-1);
    if (!group || group.rows.length >= GROUP_SIZE || known.has(_id)) {
      group = { key: (groups.length === 0 ? firstKey : undefined) ?? _id, rows: [] };
      groups.push(group);
    }
    group.rows.push(row);
  }
  return groups.map((group) => {
    const same = known.get(group.key);
    return same && isSame(same, group) ? same : group;
  });
}

function toRows(
  messages: readonly Message[],
  today: Date,
  firstUnread: string | undefined,
): MessageRow[] {
  const retried = new Set(messages.flatMap(({ retry_of }) => retry_of ?? []));
  const dayOf = days(today);
  const rows: { -readonly [Member in keyof MessageRow]: MessageRow[Member] }[] = [];
  for (const message of messages.toReversed()) {
    const day = dayOf(message);
    const before = rows.at(-1);
    const isFirstUnread = message._id === firstUnread;
    const isJoined =
      before !== undefined &&
      day === undefined &&
      !isFirstUnread &&
      canShareLine(before.message, message);
    const { status } = message;
    const runStatus = isJoined ? leastAdvanced(before.runStatus ?? status, status) : status;
    if (isJoined) before.runStatus = undefined;
    const isRetried = retried.has(message._id);
    rows.push({ message, day, isFirstUnread, isRetried, isJoined, runStatus });
  }
  return rows;
}

/** Called with messages in the order of reading, the result names the day of the first message of each day. */
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
    one.rows.every((row, index) => {
      const counterpart = other.rows[index];
      return (
        row.message === counterpart?.message &&
        row.day === counterpart.day &&
        row.isFirstUnread === counterpart.isFirstUnread &&
        row.isRetried === counterpart.isRetried &&
        row.isJoined === counterpart.isJoined &&
        row.runStatus === counterpart.runStatus
      );
    })
  );
}
