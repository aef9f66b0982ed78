import { failureAdvice, failureCause, isRetryable, presentStatus } from './message-status';
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

describe('a failure', () => {
  const explanation = { cause: 'This is not a mobile number.', advice: 'Check it.' };
  const lasting = { ...explanation, retry_makes_sense: false };
  const passing = { ...explanation, retry_makes_sense: true };

  it('says why, what to do, and the code', () => {
    const message = aMessage({ error_code: 21614, explanation: lasting });
    expect(failureCause(message)).toBe('This is not a mobile number.');
    expect(failureAdvice(message)).toBe('Check it. Code 21614.');
  });

  it('has no code for what never left', () => {
    const message = aMessage({ error_code: 'expired', explanation: passing });
    expect(failureAdvice(message)).toBe('Check it.');
  });

  it('says so when there is no reason', () => {
    expect(failureCause(aMessage({}))).toBe('No reason was given.');
  });

  it.each([
    ['undelivered', passing, true],
    ['failed', lasting, false],
    ['failed', null, true],
    ['delivered', null, false],
    ['unconfirmed', null, false],
  ])('offers to send a message that is %s again where that makes sense', (status, why, offered) => {
    expect(isRetryable(aMessage({ status, explanation: why }))).toBe(offered);
  });

  it('cannot be sent again once its text was removed', () => {
    const message = aMessage({ status: 'failed', explanation: passing, content: '' });
    expect(isRetryable(message)).toBe(false);
  });
});
