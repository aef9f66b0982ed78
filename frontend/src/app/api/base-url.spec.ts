import { isApiUrl } from './base-url';

describe('isApiUrl', () => {
  const page = 'https://sms.example/messages';

  it.each([
    ['/api/messages', '', true],
    ['https://elsewhere.example/api/messages', '', false],
    ['https://api.example/api/messages', 'https://api.example', true],
    ['https://api.example.evil.example/api', 'https://api.example', false],
    ['/api/messages', 'https://api.example', false],
    ['https://host.example/sms/users', 'https://host.example/sms', true],
    ['https://host.example/other', 'https://host.example/sms', false],
  ])('%s with the API at "%s": %s', (url, base, answer) => {
    expect(isApiUrl(url, base, page)).toBe(answer);
  });
});
