import { PendingMessage, PendingState, fromStored, toStored, waitsHere } from './pending-message';

describe('waitsHere', () => {
  it.each<[PendingState, boolean, boolean, boolean]>([
    ['queued', false, false, true],
    ['queued', true, false, false],
    ['sending', false, false, false],
    ['unanswered', true, true, false],
    ['postponed', false, true, true],
    ['postponed', true, true, false],
    // The user decides about these.
    ['postponed', false, false, false],
    ['refused', false, false, false],
  ])(
    '%s, perhaps accepted: %s, retried: %s: only where the API certainly does not have it (%s)',
    (state, mayBeAccepted, isRetried, expected) => {
      const retryAt = isRetried ? new Date() : undefined;
      expect(waitsHere({ state, mayBeAccepted, retryAt } as PendingMessage)).toBe(expected);
    },
  );
});

describe('a stored message', () => {
  const stored = {
    ...{ recipient: '+14155552671', content: '', writtenAt: '2026-11-28T12:00:00.000Z' },
    ...{ state: 'queued', problem: '', isRecipientError: false, mayBeAccepted: false },
    ...{ failures: 0, retryAt: null },
  } as const;

  it('keeps its pictures, however old they are: each attempt has the same', () => {
    const media = [{ key: 'a', order: 1, id: 'a', thumbnail: '', bytes: 9, uploadedAt: 0 }];
    const pending = fromStored('k', { ...stored, media });
    expect(pending?.media).toEqual(media);
    expect(pending && toStored(pending)).toEqual({ ...stored, media });
  });

  it('of an earlier version has none', () => {
    const pending = fromStored('k', stored);
    expect(pending && 'media' in pending).toBe(false);
    expect(pending && toStored(pending)).toEqual(stored);
  });
});
