import { Message } from '../api/models';

/** The messages without those that the changes say are deleted. The same array if that is none. */
export function withoutDeleted(
  messages: readonly Message[],
  changes: readonly Message[],
): readonly Message[] {
  const deleted = new Set(changes.flatMap(({ _id, deleted_at }) => (deleted_at ? [_id] : [])));
  if (!messages.some(({ _id }) => deleted.has(_id))) return messages;
  return messages.filter(({ _id }) => !deleted.has(_id));
}
