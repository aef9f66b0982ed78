import { aMessage } from '../../messages/testing';
import { findFirstUnread } from './first-unread';

/** Newest first. */
const THREAD = [
  aMessage({ _id: 'm5', direction: 'inbound' }),
  aMessage({ _id: 'm4', direction: 'inbound' }),
  aMessage({ _id: 'm3', direction: 'outbound' }),
  aMessage({ _id: 'm2', direction: 'inbound' }),
  aMessage({ _id: 'm1', direction: 'inbound' }),
];

describe('findFirstUnread', () => {
  it.each([
    [0, 'm5', undefined],
    [1, 'm5', 'm5'],
    [3, 'm5', 'm2'],
    // What has come in since does not move it.
    [1, 'm4', 'm4'],
    [1, 'm3', 'm2'],
    // It is not loaded yet.
    [5, 'm5', undefined],
    // The newest one was deleted, or is not loaded any more.
    [1, 'm9', undefined],
  ])('finds the first of %i up to %s', (count, newest, expected) => {
    expect(findFirstUnread(THREAD, { count, newest })).toBe(expected);
  });
});
