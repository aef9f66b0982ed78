import { asksToStop } from './asks-to-stop';

describe('asksToStop', () => {
  it.each([
    'opt out',
    'Opt-out please',
    'STOP!',
    'stop.',
    'Stop it',
    'Please stop texting me',
    'pls stop',
    'Stop sending me messages',
    'Stop these texts',
    'Don’t text me',
    'Do not contact me again',
    'Please remove me from your list',
    'take me off the list',
    'No more messages, thank you',
    'How do I unsubscribe?',
  ])('understands %s', (text) => {
    expect(asksToStop(text)).toBe(true);
  });

  it.each([
    '',
    'Yes',
    'I will stop by at six',
    'Please stop by tomorrow',
    'The bus stop is closed',
    'Can we cancel the table for tonight?',
    'The end of the month is fine',
    'Do not worry',
    'Text me when you are there',
    `${'A long letter. '.repeat(20)}Please stop`,
  ])('does not take %s for a request', (text) => {
    expect(asksToStop(text)).toBe(false);
  });
});
