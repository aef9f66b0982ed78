import { Message } from '../api/models';

const NOON = Date.UTC(2026, 10, 22, 12);

/** For tests. */
export function aMessage(members: Partial<Message>): Message {
  const created_at = new Date(NOON).toISOString();
  return {
    _id: 'm1',
    direction: 'outbound',
    from_number: '+15005550006',
    recipient_number: '+14155552671',
    peer_number: '+14155552671',
    content: 'Hello',
    status: 'queued',
    twilio_sid: null,
    error_code: null,
    error_message: null,
    explanation: null,
    retry_of: null,
    segments: 1,
    created_at,
    updated_at: created_at,
    ...members,
  };
}

/** Messages m1, m2 … mN, each a second after the one before; newest first, as the API lists them. */
export function messages(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const number = to - index;
    const at = new Date(NOON + number * 1000).toISOString();
    return aMessage({
      _id: `m${String(number).padStart(4, '0')}`,
      content: `Message ${number}`,
      created_at: at,
      updated_at: at,
    });
  });
}
