import {
  describeAbsentText,
  failureAdvice,
  failureCause,
  hasText,
  isRetryable,
  presentStatus,
} from './message-status';
import { aMessage } from './testing';

const PICTURE = { index: 0, content_type: 'image/jpeg' };

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

  it('shows an unknown status by its own name', () => {
    expect(presentStatus('teleported').text).toBe('teleported');
  });
});

describe('a failure', () => {
  const explanation = { cause: 'Provider says no.', advice: 'Ask the provider.' };
  const lasting = { ...explanation, retryable: false };
  const passing = { ...explanation, retryable: true };

  it('is explained by its code, with the code', () => {
    const message = aMessage({ error_code: 21614, explanation: lasting });
    expect(failureCause(message)).toBe('This is not a mobile number.');
    expect(failureAdvice(message)).toBe(
      'Check the number and send it to the right one. Code 21614.',
    );
  });

  it("is explained by the API's sentence if its code is unknown", () => {
    const message = aMessage({ error_code: 39999, explanation: lasting });
    expect(failureCause(message)).toBe('Provider says no.');
    expect(failureAdvice(message)).toBe('Ask the provider. Code 39999.');
  });

  it('has no code if it expired', () => {
    const message = aMessage({ error_code: 'expired', explanation: passing });
    expect(failureAdvice(message)).toBe('Send it again if it still matters.');
  });

  it('says so if there is no reason', () => {
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

  it.each([
    ['Message text deleted', { content_removed_at: '2026-11-22T12:00:00.000Z', num_media: 1 }],
    ['1 attachment, not available here', { num_media: 1 }],
    ['2 attachments, not available here', { num_media: 2 }],
    ['Picture', { num_media: 1, media: [{ index: 0, content_type: 'image/png' }] }],
    ['Video', { num_media: 2, media: [{ index: 1, content_type: 'video/mp4' }] }],
    ['2 attachments', { num_media: 2, media: [PICTURE, { index: 1, content_type: 'text/vcard' }] }],
    ['Message without text', {}],
  ])('says “%s” in place of a text', (said, members) => {
    const message = aMessage({ direction: 'inbound', content: '', ...members });
    expect(hasText(message)).toBe(false);
    expect(describeAbsentText(message)).toBe(said);
  });

  it('cannot be retried once its text was deleted', () => {
    const message = aMessage({ status: 'failed', explanation: passing, content: '' });
    expect(isRetryable(message)).toBe(false);
  });
});
