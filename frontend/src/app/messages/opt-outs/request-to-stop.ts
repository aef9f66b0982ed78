import { Message, OptOut } from '../../api/models';
import { asksToStop } from './asks-to-stop';

/**
 * Among the last messages in a row that somebody has sent, the newest one that seems to ask for no more messages and was
 * not decided about: neither by what is known of opt-outs, nor by the user, who kept `keptFor` and what came before it.
 * The newest message is the first.
 */
export function findRequestToStop(
  messages: readonly Message[],
  { latest }: OptOut,
  keptFor?: string,
): Message | undefined {
  const newest = messages.findIndex(({ direction }) => direction === 'inbound');
  if (newest < 0) return undefined;
  for (const message of messages.slice(newest)) {
    const isDecided = latest !== null && latest.at >= message.created_at;
    if (message.direction === 'outbound' || message._id === keptFor || isDecided) return undefined;
    if (asksToStop(message.content)) return message;
  }
  return undefined;
}
