import { OptOut } from '../../api/models';
import { aMessage } from '../testing';
import { findRequestToStop } from './request-to-stop';

const UNDECIDED: OptOut = { number: '+4930901820', opted_out: false, latest: null, history: [] };

/** The oldest first, a minute apart. */
const conversation = (...said: readonly (readonly ['inbound' | 'outbound', string])[]) =>
  said
    .map(([direction, content], minute) =>
      aMessage({
        _id: content,
        direction,
        content,
        created_at: `2026-11-20T10:0${String(minute)}:00.000Z`,
      }),
    )
    .reverse();

const decidedAt = (minute: number): OptOut => ({
  ...UNDECIDED,
  latest: {
    opted_out: false,
    at: `2026-11-20T10:0${String(minute)}:00.000Z`,
    source: 'manual',
    reason: 'A mistake',
  },
});

const found = (...of: Parameters<typeof findRequestToStop>) => findRequestToStop(...of)?.content;

describe('findRequestToStop', () => {
  it('finds it before something else that they have written', () => {
    const messages = conversation(
      ['outbound', 'Hello'],
      ['inbound', 'Please stop'],
      ['inbound', 'thanks'],
    );
    expect(found(messages, UNDECIDED)).toBe('Please stop');
  });

  it('finds the newest one, also if something was sent since', () => {
    const messages = conversation(
      ['inbound', 'Please stop'],
      ['inbound', 'Remove me'],
      ['outbound', 'Hello again'],
    );
    expect(found(messages, UNDECIDED)).toBe('Remove me');
  });

  it('finds none where nobody has written, and none that was answered before they wrote again', () => {
    expect(found([], UNDECIDED)).toBeUndefined();
    expect(found(conversation(['outbound', 'Please stop']), UNDECIDED)).toBeUndefined();
    const answered = conversation(
      ['inbound', 'Please stop'],
      ['outbound', 'Do you mean the music?'],
      ['inbound', 'Yes'],
    );
    expect(found(answered, UNDECIDED)).toBeUndefined();
  });

  it('finds none that was decided about, nor one before it', () => {
    const messages = conversation(
      ['inbound', 'Please stop'],
      ['inbound', 'Remove me'],
      ['inbound', 'thanks'],
    );
    expect(found(messages, decidedAt(0))).toBe('Remove me');
    expect(found(messages, decidedAt(1))).toBeUndefined();
    expect(found(messages, UNDECIDED, 'Remove me')).toBeUndefined();
    expect(found(messages, UNDECIDED, 'Please stop')).toBe('Remove me');
  });
});
