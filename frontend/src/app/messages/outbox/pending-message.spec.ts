import { PendingMessage, PendingState, waitsHere } from './pending-message';

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
