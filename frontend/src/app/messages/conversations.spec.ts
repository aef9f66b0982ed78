import { Message } from '../api/models';
import {
  Conversations,
  toConversations,
  mergeChanges,
  appendPage,
  replaceDeleted,
  withPending,
} from './conversations';
import { PendingMessage } from './outbox/pending-message';
import { deleted, messages } from './testing';

/** A conversation with each number, the last message of which is the one with that number. */
function from(peer: number, number = peer): Message {
  const [message] = messages(number, number);
  if (!message) throw new Error('There is no such message');
  return { ...message, peer_number: `+1500555000${peer}` };
}

function list(peers: number[], hasMore = false): Conversations {
  const rows = peers.map((peer) => ({
    peer_number: from(peer).peer_number,
    last_message: from(peer),
    messages: 1,
    unread: 0,
    inbound: 0,
    archived: false,
    muted: false,
  }));
  return toConversations({ rows, total: 9, hasMore, hasNewer: false });
}

const shown = ({ rows }: Conversations) =>
  rows.map(({ peer, last }) => `${peer.slice(-1)}: ${last.content.slice(8)}`);

describe('mergeChanges', () => {
  it('shows the newest message, and the most recent conversation first', () => {
    const merged = mergeChanges(list([3, 2, 1]), [from(1, 5), from(1, 4)]);
    expect(shown(merged)).toEqual(['1: 5', '3: 3', '2: 2']);
  });

  it('adds a new conversation at the top', () => {
    expect(shown(mergeChanges(list([3, 2], true), [from(9)]))).toEqual(['9: 9', '3: 3', '2: 2']);
  });

  it('leaves conversations further down to their page', () => {
    const loaded = list([3, 2], true);
    expect(mergeChanges(loaded, [from(1)])).toBe(loaded);
    expect(shown(mergeChanges(list([3, 2]), [from(1)]))).toEqual(['3: 3', '2: 2', '1: 1']);
  });

  it('follows the status of the last message only', () => {
    const loaded = list([3]);
    const sent = { ...from(3), status: 'sent', updated_at: '2026-11-22T13:00:00.000Z' };
    const merged = mergeChanges(loaded, [sent]);
    expect(merged.rows[0]?.last.status).toBe('sent');
    expect(mergeChanges(merged, [from(3)])).toBe(merged);
    expect(mergeChanges(merged, [from(3, 1)])).toBe(merged);
  });
});

describe('replaceDeleted', () => {
  const gone = deleted(from(3));
  const loaded = mergeChanges(list([3, 2], true), [gone]);

  it('shows the message before in place of a last one that is deleted', () => {
    expect(shown(loaded)).toEqual(['3: ', '2: 2']);
    // A response that is older.
    expect(mergeChanges(loaded, [from(3), { ...gone, version: 9 }])).toBe(loaded);
    expect(shown(replaceDeleted(loaded, gone, from(3, 2.5)))).toEqual(['3: 2.5', '2: 2']);
  });

  it('removes a conversation without messages, and leaves one further down to its page', () => {
    expect(shown(replaceDeleted(loaded, gone, undefined))).toEqual(['2: 2']);
    expect(shown(replaceDeleted(loaded, gone, from(3, 1)))).toEqual(['2: 2']);
  });

  it('leaves a conversation that has a newer message by now', () => {
    const newer = mergeChanges(loaded, [from(3, 4)]);
    expect(shown(newer)).toEqual(['3: 4', '2: 2']);
    expect(replaceDeleted(newer, gone, from(3, 1))).toBe(newer);
  });

  it('shows no deleted message that it did not have', () => {
    const known = list([3]);
    expect(mergeChanges(known, [deleted(from(3, 4)), deleted(from(9))])).toBe(known);
  });
});

describe('appendPage', () => {
  it('adds the next page without conversations that have moved up meanwhile', () => {
    const moved = mergeChanges(list([3, 2], true), [from(1, 5)]);
    const page = {
      rows: [
        {
          peer_number: from(1).peer_number,
          last_message: from(1),
          messages: 1,
          unread: 0,
          inbound: 0,
          archived: false,
          muted: false,
        },
      ],
    };
    const whole = appendPage(moved, { ...page, total: 3, hasMore: false, hasNewer: false });
    expect(shown(whole)).toEqual(['1: 5', '3: 3', '2: 2']);
    expect(whole.hasMore).toBe(false);
  });
});

describe('withPending', () => {
  const { rows } = list([3, 2, 1]);
  const shown = (...outbox: PendingMessage[]) =>
    withPending(rows, outbox).map((entry) =>
      'last' in entry ? entry.last.content : entry.pending.content,
    );

  it('sorts a conversation by its pending message', () => {
    expect(shown(waiting(1, 9))).toEqual(['waiting since 9', 'Message 3', 'Message 2']);
    expect(shown(waiting(4, 2.5))).toEqual([
      'Message 3',
      'waiting since 2.5',
      'Message 2',
      'Message 1',
    ]);
  });

  it('does not let an old pending message hide a newer message', () => {
    expect(shown(waiting(2, 1.5))).toEqual(['Message 3', 'Message 2', 'Message 1']);
  });

  it('shows only the newest pending message of each recipient', () => {
    expect(shown(waiting(1, 4), waiting(1, 5), waiting(1, 0))).toEqual([
      'waiting since 5',
      'Message 3',
      'Message 2',
    ]);
  });
});

/** To the person of that number, written as many seconds after noon. */
function waiting(peer: number, seconds: number): PendingMessage {
  const noon = Date.parse(from(peer, 0).created_at);
  return {
    key: `k${peer}-${seconds}`,
    recipient: from(peer).peer_number,
    content: `waiting since ${seconds}`,
    writtenAt: new Date(noon + seconds * 1000),
    state: 'unanswered',
    problem: '',
    isRecipientError: false,
    mayBeAccepted: true,
    failures: 1,
    retryAt: undefined,
  };
}
