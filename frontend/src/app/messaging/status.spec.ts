import { failureReason, presentStatus } from './status';
import { aMessage } from './testing';

describe('presentStatus', () => {
  it.each([
    ['pending', 'Waiting to be sent', 'clock'],
    ['unconfirmed', 'Checking whether it was sent', 'question'],
    ['queued', 'Queued', 'clock'],
    ['sent', 'Sent', 'tick'],
    ['delivered', 'Delivered', 'ticks'],
    ['read', 'Read', 'ticks'],
    ['undelivered', 'Not delivered', 'warning'],
    ['failed', 'Not sent', 'warning'],
  ])('says %s as "%s" with a %s', (status, text, icon) => {
    expect(presentStatus(status)).toMatchObject({ text, icon });
  });

  it('shows a status of tomorrow as it is', () => {
    expect(presentStatus('teleported').text).toBe('teleported');
  });
});

describe('failureReason', () => {
  const explanation = { cause: 'This is not a mobile number.', advice: 'Check it.' };

  it('says why, what to do, and the code', () => {
    const message = aMessage({
      error_code: 21614,
      explanation: { ...explanation, retry_makes_sense: false },
    });
    expect(failureReason(message)).toBe('This is not a mobile number. Check it. Code 21614.');
  });

  it('has no code for what never left', () => {
    const message = aMessage({
      error_code: 'expired',
      explanation: { ...explanation, retry_makes_sense: true },
    });
    expect(failureReason(message)).toBe('This is not a mobile number. Check it.');
  });

  it('says so when there is no reason', () => {
    expect(failureReason(aMessage({}))).toBe('No reason was given.');
  });
});
